import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import type { Wire } from '../api/client';
import { size } from '../format/amounts';
import { ProgressLine } from '../parts/progress-line';
import { adminWords } from '../words/admin';

export type Wish = 'fetch' | 'load' | 'unload' | 'remove';

/** A model, what can be done with it, and how far its download is. */
@Component({
  selector: 'a-model',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ProgressLine],
  templateUrl: './model-row.html',
  styleUrl: './model-row.scss',
})
export class ModelRow {
  readonly model = input.required<Wire<'ManagedModel'>>();
  /** Something is done with it that has not ended. */
  readonly busy = input(false);
  /** What somebody wants done with it. */
  readonly wanted = output<Wish>();

  protected readonly words = adminWords.models;
  protected readonly tags = computed(() => {
    const { configured, loaded, in_use: used, state } = this.model();
    return [
      configured && this.words.configured,
      used ? this.words.inUse : loaded && this.words.loaded,
      state === 'elsewhere' && this.words.elsewhere,
      state === 'unfinished' && !this.fetching() && this.words.unfinished,
    ].filter((tag) => tag !== false);
  });
  protected readonly about = computed(() => {
    const { engine, repository, size: bytes } = this.model();
    return [engine, repository, bytes ? size(bytes) : ''].filter(Boolean).join(' · ');
  });
  /** The download that runs; null where none does. */
  protected readonly fetching = computed(() => {
    const { fetching } = this.model();
    return fetching?.error === null ? fetching : null;
  });
  protected readonly share = computed(() => {
    const fetching = this.fetching();
    return fetching?.total ? fetching.done / fetching.total : null;
  });
  protected readonly saying = computed(() => {
    const fetching = this.fetching();
    if (!fetching) return '';
    if (!fetching.total) return this.words.asking;
    const percent = Math.floor((100 * fetching.done) / fetching.total);
    return this.words.of(size(fetching.done), size(fetching.total), percent);
  });
  protected readonly canFetch = computed(
    () => ['absent', 'unfinished'].includes(this.model().state) && !this.fetching(),
  );
  protected readonly canRemove = computed(() => {
    const { repository, state, configured } = this.model();
    const isOnDisk = state === 'installed' || state === 'unfinished';
    return !!repository && isOnDisk && !configured && !this.fetching();
  });
  protected readonly fetchWord = computed(() => {
    if (this.model().fetching?.error) return this.words.again;
    return this.model().state === 'unfinished' ? this.words.goOn : this.words.fetch;
  });
}

import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { size } from '../format/amounts';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { adminWords } from '../words/admin';
import { Unanswered } from '../parts/unanswered';
import { ModelRow, type Wish } from './model-row';
import { polled } from './polling';

type Model = Wire<'ManagedModel'>;

/** How often (ms) is asked while something is fetched, and otherwise. */
const SOON = 1000;
const LATER = 5000;

/** Speech models: those that are here, and those that can be fetched. */
@Component({
  selector: 'a-models',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, ModelRow],
  templateUrl: './models.html',
  styleUrl: './models.scss',
})
export class ModelsPage {
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  protected readonly words = adminWords.models;
  protected readonly loading = adminWords.loading;
  protected readonly asked = polled(
    (all: readonly Model[] | null) => (all?.some(isFetched) ? SOON : LATER),
    () => got(api.GET('/api/v1/admin/models')),
  );
  protected readonly here = computed(() => this.asked.value()?.filter(isHere) ?? []);
  protected readonly others = computed(
    () => this.asked.value()?.filter((one) => !isHere(one)) ?? [],
  );
  /** The models with which something is done that takes a while. */
  protected readonly busy = signal<ReadonlySet<string>>(new Set());

  protected grant(wish: Wish, model: Model): Promise<unknown> {
    switch (wish) {
      case 'fetch':
        return this.fetch(model.id);
      case 'load':
        return this.load(model);
      case 'unload':
        return this.unload(model);
      case 'remove':
        return this.remove(model);
    }
  }

  protected fetchNamed(event: Event, field: HTMLInputElement): void {
    event.preventDefault();
    const id = field.value.trim();
    if (!id) {
      field.focus();
      return;
    }
    void this.fetch(id).then((begun) => {
      if (begun) field.value = '';
    });
  }

  private fetch(id: string): Promise<boolean> {
    return this.act(id, async () => {
      await got(api.POST('/api/v1/admin/models/{model_id}/fetch', named(id)));
      this.notices.say(this.words.begins(id));
    });
  }

  private load({ id }: Model): Promise<boolean> {
    return this.act(id, async () => {
      await got(api.POST('/api/v1/admin/models/{model_id}/load', named(id)));
      this.notices.say(this.words.isLoaded(id));
    });
  }

  private unload({ id }: Model): Promise<boolean> {
    return this.act(id, async () => {
      await got(api.POST('/api/v1/admin/models/{model_id}/unload', named(id)));
      this.notices.say(this.words.isUnloaded(id));
    });
  }

  private async remove(model: Model): Promise<void> {
    const { removeTitle, removeText, remove: yes } = this.words;
    const [title, text] = [removeTitle(model.id), removeText(size(model.size ?? 0))];
    if (!(await this.confirm.ask({ title, text, yes, danger: true }))) return;
    await this.act(model.id, async () => {
      await got(api.DELETE('/v1/models/{model_id}', named(model.id)));
      this.notices.say(this.words.removed(model.id));
    });
  }

  /** Do something with a model; whether it was done. */
  private async act(id: string, what: () => Promise<void>): Promise<boolean> {
    this.busy.update((all) => new Set(all).add(id));
    try {
      await what();
      await this.asked.ask();
      return true;
    } catch (error) {
      this.notices.fail(error);
      return false;
    } finally {
      this.busy.update((all) => new Set([...all].filter((one) => one !== id)));
    }
  }
}

function isHere(model: Model): boolean {
  return model.state === 'installed' || model.state === 'elsewhere';
}

function isFetched(model: Model): boolean {
  return model.fetching?.error === null;
}

function named(id: string): { params: { path: { model_id: string } } } {
  return { params: { path: { model_id: id } } };
}

import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { LucidePause, LucidePlay } from '@lucide/angular';
import { api, got, type Wire } from '../api/client';
import { count, roughly, speed } from '../format/amounts';
import { MomentPipe, SizePipe } from '../format/pipes';
import { adminWords } from '../words/admin';
import { Chart, type Line } from './chart';
import { Unanswered } from '../parts/unanswered';
import { polled } from './polling';
import { QueueHistory } from './queue-history';
import { standstill } from './standstill';

const EVERY = 2000;

/** What waits, who works, and how both changed while somebody looked. */
@Component({
  selector: 'a-queues',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Chart, Unanswered, LucidePause, LucidePlay, MomentPipe, SizePipe],
  templateUrl: './queues.html',
  styleUrl: './queues.scss',
})
export class QueuesPage {
  private readonly history = inject(QueueHistory);
  protected readonly all = adminWords;
  protected readonly words = adminWords.queues;
  protected readonly live = polled(EVERY, async () => {
    const overview = await got(api.GET('/api/v1/admin/overview'));
    this.history.note(overview);
    return overview;
  });
  protected readonly standstill = computed(() => {
    const overview = this.live.value();
    return overview && standstill(overview);
  });
  protected readonly end = computed(() => this.history.samples().at(-1)?.at ?? Date.now());
  protected readonly depth = computed<readonly Line[]>(() =>
    ['gpu', 'cpu'].map((name) => ({
      name,
      points: this.history.samples().map((one) => ({ at: one.at, value: one.depth[name] ?? null })),
    })),
  );
  protected readonly backlog = computed<readonly Line[]>(() => [
    {
      name: this.words.backlog,
      points: this.history.samples().map(({ at, backlog }) => ({ at, value: backlog / 60 })),
    },
  ]);
  protected readonly speed = computed<readonly Line[]>(() => [
    {
      name: this.words.speed,
      points: this.history.samples().map((one) => ({ at: one.at, value: one.speed })),
    },
  ]);

  protected readonly count = count;
  protected readonly speedWords = speed;
  protected readonly minutes = (n: number): string =>
    adminWords.queues.minutes(n < 10 ? Math.round(n * 10) / 10 : Math.round(n));
  protected readonly audio = (seconds: number): string =>
    seconds > 0 ? roughly(seconds) : adminWords.nothing;

  protected state(worker: Wire<'WorkerModel'>): keyof typeof adminWords.queues.states {
    if (!worker.alive) return 'silent';
    if (worker.draining) return 'ending';
    return worker.queues.length > 0 ? 'working' : 'idle';
  }

  /** Models by name: of folders only the last part, as their place says nothing. */
  protected models(worker: Wire<'WorkerModel'>): string {
    return worker.models.map((name) => name.replace(/(^| )\/.*\//, '$1')).join(', ');
  }

  protected pause(): void {
    this.live.paused.update((paused) => !paused);
  }
}

import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { LucideCircleAlert, LucideCircleSlash } from '@lucide/angular';
import type { Job } from '../api/job-feed';
import { words } from '../words';
import { OpenRecording } from './open-recording';

/** Why a job ended without a transcript, and what can be done about it. */
@Component({
  selector: 'a-ended-job',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideCircleAlert, LucideCircleSlash],
  template: `
    <section class="notice" [class.fault]="!stopped()" role="status">
      @if (stopped()) {
        <svg lucideCircleSlash [size]="18"></svg>
      } @else {
        <svg lucideCircleAlert [size]="18"></svg>
      }
      <div>
        <h2>{{ heading() }}</h2>
        @if (why(); as why) {
          <p>{{ why }}</p>
        }
        <div class="actions">
          @if (!open.inTrash()) {
            <button type="button" class="button" (click)="open.retry()">
              {{ stopped() ? words.goOn : words.retry }}
            </button>
            <button type="button" class="button bare" (click)="rerunAsked.emit()">
              {{ words.otherOptions }}
            </button>
          }
        </div>
      </div>
    </section>
  `,
  styles: `
    h2 {
      font: 600 16px/24px var(--interface);
    }

    p {
      margin: 0;
      max-width: 68ch;
    }

    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      margin-top: 10px;
    }

    .actions:empty {
      display: none;
    }
  `,
})
export class EndedJob {
  readonly job = input.required<Job>();
  readonly rerunAsked = output();
  protected readonly words = words.recording.ended;
  protected readonly open = inject(OpenRecording);

  protected readonly stopped = computed(() => this.job().state === 'cancelled');
  protected readonly heading = computed(() => {
    const { state, attempt, error } = this.job();
    if (state === 'cancelled') return this.words.cancelled;
    if (state === 'dead') return this.words.dead(attempt);
    const stage = words.jobs.stages[String(error?.['stage'] ?? '')];
    return this.words.failed(stage);
  });
  protected readonly why = computed(() => {
    const message: unknown = this.job().error?.['message'];
    return this.stopped() || typeof message !== 'string' ? null : message;
  });
}

import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { choiceOf, Choices } from '../add/choices';
import { WishesForm } from '../add/wishes-form';
import { sentenceOf, type Wire } from '../api/client';
import { Installation } from '../api/installation';
import { words } from '../words';

export interface Wanted {
  /** What the last job was asked for; null where there was none. */
  readonly options: Readonly<Record<string, unknown>> | null;
  /** Whether there is a transcript that stays among the versions. */
  readonly again: boolean;
  /** Queue the job; throws what the server refuses. */
  readonly start: (
    options: Record<string, unknown>,
    priority: Wire<'NewJob'>['priority'],
  ) => Promise<void>;
}

/** Transcribe a recording (again), with options of one's own. */
@Component({
  selector: 'a-rerun',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [WishesForm],
  providers: [Choices],
  template: `
    <div class="dialog">
      <h2 id="rerun" tabindex="-1">{{ wanted.again ? words.title : words.titleFirst }}</h2>
      @if (wanted.again) {
        <p class="quiet">{{ words.why }}</p>
      }
      <a-wishes-form [forNew]="false" />
      @if (problem(); as problem) {
        <p class="notice fault" role="alert">{{ problem }}</p>
      }
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close()">{{ words.cancel }}</button>
        <button type="button" class="button primary" [disabled]="busy()" (click)="start()">
          {{ words.start }}
        </button>
      </div>
    </div>
  `,
  styles: `
    h2 {
      margin-bottom: 8px;
      outline: none;
    }

    .notice {
      margin: 8px 0 0;
    }
  `,
})
export class Rerun {
  protected readonly words = words.recording.rerun;
  protected readonly dialog = inject(DialogRef);
  protected readonly wanted = inject<Wanted>(DIALOG_DATA);
  private readonly choices = inject(Choices);
  protected readonly problem = signal<string | null>(null);
  protected readonly busy = signal(false);

  constructor() {
    void inject(Installation).load();
    if (this.wanted.options) this.choices.beginWith(choiceOf(this.wanted.options));
  }

  protected async start(): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    const { options, priority } = this.choices.wishes();
    try {
      await this.wanted.start(options ?? {}, priority);
      this.dialog.close();
    } catch (error) {
      this.problem.set(sentenceOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}

import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { CopyButton } from '../../parts/copy-button';
import { words } from '../../words';
import type { Clash } from './pending';

/** What has to be decided, and where each text goes that is written meanwhile. */
export interface Question {
  readonly clash: Clash;
  readonly typed: (text: string) => void;
}

/** Shows two texts for one passage; somebody has to choose, or to write a third from both. */
@Component({
  selector: 'a-clash-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CopyButton],
  template: `
    <div class="dialog">
      <h2 id="clash">{{ clash.why ? words.refused : words.title }}</h2>
      <p class="quiet">{{ clash.why ?? (clash.theirs ? words.why : words.gone) }}</p>
      @if (clash.erased) {
        <h3 id="mine">{{ words.mine }}</h3>
        <p #mine class="text" dir="auto" aria-labelledby="mine">{{ clash.mine.text }}</p>
        <div class="actions">
          <a-copy-button [from]="mine" />
          <button type="button" class="button primary" (click)="dialog.close(null)">
            {{ words.close }}
          </button>
        </div>
      } @else {
        <div class="both">
          <div>
            <h3 id="theirs">{{ clash.why ? words.stands : words.theirs }}</h3>
            <p class="text" dir="auto" aria-labelledby="theirs">{{ clash.theirs?.text ?? '–' }}</p>
          </div>
          <div>
            <label for="mine">{{ words.mine }}</label>
            <textarea
              #mine
              id="mine"
              class="input text"
              dir="auto"
              rows="6"
              [value]="clash.mine.text"
              (input)="question.typed(mine.value)"
            ></textarea>
          </div>
        </div>
        <div class="actions">
          <button type="button" class="button" (click)="dialog.close(null)">
            {{ clash.theirs ? words.keepTheirs : words.leaveOut }}
          </button>
          <button type="button" class="button primary" (click)="dialog.close(mine.value)">
            {{ words.saveMine }}
          </button>
        </div>
      }
    </div>
  `,
  styles: `
    .dialog {
      width: min(820px, calc(100vw - 24px));
    }

    .both {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(280px, 100%), 1fr));
      gap: 20px;
      margin-top: 8px;
    }

    label,
    h3 {
      display: block;
      margin-bottom: 6px;
      font: 600 14px/24px var(--interface);
    }

    .text {
      margin: 0;
      font: 1.0625rem/1.75rem var(--reading);
    }

    textarea {
      resize: vertical;
    }
  `,
})
export class ClashDialog {
  protected readonly words = words.editing.clash;
  protected readonly question = inject<Question>(DIALOG_DATA);
  protected readonly clash = this.question.clash;
  protected readonly dialog = inject<DialogRef<string | null>>(DialogRef);
}

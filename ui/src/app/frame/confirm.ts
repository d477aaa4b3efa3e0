import { Dialog, DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, Injectable } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { words } from '../words';

export interface Question {
  readonly title: string;
  readonly text: string;
  /** The name of what is done. */
  readonly yes: string;
  readonly danger?: boolean;
}

/** Asks before something is done that cannot be undone. */
@Injectable({ providedIn: 'root' })
export class Confirm {
  private readonly dialog = inject(Dialog);

  async ask(question: Question): Promise<boolean> {
    const asked = this.dialog.open<boolean, Question>(ConfirmDialog, {
      data: question,
      role: 'alertdialog',
      ariaLabelledBy: 'question',
      backdropClass: 'backdrop',
    });
    return (await firstValueFrom(asked.closed)) === true;
  }
}

@Component({
  selector: 'a-confirm-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="dialog">
      <h2 id="question">{{ question.title }}</h2>
      <p class="quiet">{{ question.text }}</p>
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close(false)">
          {{ words.cancel }}
        </button>
        <button
          type="button"
          class="button"
          [class.primary]="!question.danger"
          [class.danger]="question.danger"
          (click)="dialog.close(true)"
        >
          {{ question.yes }}
        </button>
      </div>
    </div>
  `,
})
export class ConfirmDialog {
  protected readonly words = words.frame.confirm;
  protected readonly question = inject<Question>(DIALOG_DATA);
  protected readonly dialog = inject<DialogRef<boolean>>(DialogRef);
}

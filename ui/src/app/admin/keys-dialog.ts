import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Keys } from '../account/keys';
import { peopleWords } from '../words/admin';
import type { Person } from './people';

/** The API keys of somebody else. */
@Component({
  selector: 'a-keys-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Keys],
  template: `
    <div class="dialog">
      <h2 id="keys-of" dir="auto">{{ words.title(person.name) }}</h2>
      <a-keys
        titleId="keys-of"
        [owner]="person.id"
        [isAdmin]="person.role === 'admin'"
        [nothing]="words.none"
      />
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close()">{{ words.close }}</button>
      </div>
    </div>
  `,
  styles: `
    h2 {
      margin-bottom: 12px;
    }
  `,
})
export class KeysDialog {
  protected readonly words = peopleWords.keysOf;
  protected readonly person = inject<Person>(DIALOG_DATA);
  protected readonly dialog = inject<DialogRef>(DialogRef);
}

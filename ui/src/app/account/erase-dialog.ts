import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { api, got } from '../api/client';
import { Session } from '../api/session';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { words } from '../words';

/** Erases everything of somebody who has typed their name; answers true when it is done. */
@Component({
  selector: 'a-erase-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault],
  template: `
    <form class="dialog" (submit)="submit($event)">
      <h2 id="erase">{{ words.eraseTitle }}</h2>
      <p class="quiet">{{ words.eraseWhy }}</p>
      <a-fault [text]="sending.fault()" />
      <div class="field">
        <label for="erase-name" dir="auto">{{ words.eraseType(name()) }}</label>
        <input
          class="input"
          id="erase-name"
          name="name"
          autocomplete="off"
          spellcheck="false"
          required
        />
      </div>
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close(false)">{{ words.keep }}</button>
        <button class="button danger" [attr.aria-disabled]="sending.busy() || null">
          {{ sending.busy() ? words.eraseBusy : words.eraseYes }}
        </button>
      </div>
    </form>
  `,
  styles: `
    h2 {
      margin-bottom: 8px;
    }
  `,
})
export class EraseDialog {
  protected readonly words = words.account.data;
  protected readonly dialog = inject<DialogRef<boolean>>(DialogRef);
  protected readonly sending = new Sending();
  private readonly session = inject(Session);
  protected readonly name = computed(() => this.session.user()?.name ?? '');

  protected async submit(event: Event): Promise<void> {
    const confirm = textOf(fieldsOf(event), 'name').trim();
    if (confirm !== this.name()) {
      this.sending.refuse(this.words.eraseWrong(this.name()));
      return;
    }
    const params = { query: { confirm } };
    if (await this.sending.run(() => got(api.DELETE('/api/v1/users/me/data', { params }))))
      this.dialog.close(true);
  }
}

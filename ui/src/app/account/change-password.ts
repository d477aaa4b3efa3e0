import { ChangeDetectionStrategy, Component, inject, output, signal } from '@angular/core';
import { api, got } from '../api/client';
import { Session } from '../api/session';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { PasswordField } from '../sign-in/password-field';
import { words } from '../words';

/** One's own password, changed. */
@Component({
  selector: 'a-change-password',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault, PasswordField],
  template: `
    <form method="post" (submit)="submit($event)">
      <a-fault [text]="sending.fault()" />
      <!-- Tells password managers whose password this is. -->
      <input
        name="username"
        autocomplete="username"
        readonly
        hidden
        [value]="session.user()?.name"
      />
      <a-password-field name="current" [label]="words.current" />
      <a-password-field name="new" [label]="words.fresh" [fresh]="true" />
      <button class="button" [attr.aria-disabled]="sending.busy() || null">
        {{ sending.busy() ? words.busy : words.submit }}
      </button>
      <p class="done" role="status">{{ done() }}</p>
    </form>
  `,
  styles: `
    form {
      max-width: 400px;
    }

    .done {
      min-height: 24px;
      margin: 12px 0 0;
      color: var(--sage);
    }
  `,
})
export class ChangePassword {
  /** Every other session has ended. */
  readonly changed = output();
  protected readonly words = words.account.password;
  protected readonly session = inject(Session);
  protected readonly sending = new Sending();
  protected readonly done = signal('');

  protected async submit(event: Event): Promise<void> {
    const form = event.target as HTMLFormElement;
    const fields = fieldsOf(event);
    this.done.set('');
    const body = { current: textOf(fields, 'current'), new: textOf(fields, 'new') };
    if (!(await this.sending.run(() => got(api.PUT('/api/v1/users/me/password', { body })))))
      return;
    form.reset();
    this.done.set(this.words.done);
    this.changed.emit();
  }
}

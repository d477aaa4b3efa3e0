import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { addressOf } from '../api/client';
import { Session } from '../api/session';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { PasswordField } from '../sign-in/password-field';
import { words } from '../words';

/** The password of who was signed in until now. It goes away when they are again, be it in another tab. */
@Component({
  selector: 'a-sign-in-again-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault, PasswordField],
  template: `
    <form class="dialog" method="post" (submit)="submit($event)">
      <h2 id="again">{{ words.again }}</h2>
      <p class="quiet" dir="auto">{{ words.againWhy(name()) }}</p>
      <a-fault [text]="sending.fault()" />
      <div class="field">
        <label for="again-name">{{ words.name }}</label>
        <input
          class="input"
          id="again-name"
          name="name"
          autocomplete="username"
          readonly
          [value]="name()"
        />
      </div>
      <a-password-field name="again-password" />
      <div class="actions">
        <a class="button" [href]="elsewhere" [title]="words.leaveWhy">{{ words.somebodyElse }}</a>
        <button class="button primary" [attr.aria-disabled]="sending.busy() || null">
          {{ sending.busy() ? words.busy : words.submit }}
        </button>
      </div>
    </form>
  `,
  styles: `
    h2 {
      margin-bottom: 8px;
    }

    .dialog {
      max-width: 440px;
    }
  `,
  host: {
    '(window:focus)': 'session.renew()',
  },
})
export class SignInAgainDialog {
  protected readonly words = words.signIn;
  protected readonly session = inject(Session);
  protected readonly sending = new Sending();
  protected readonly elsewhere = addressOf('/sign-in');
  protected readonly name = computed(() => this.session.user()?.name ?? '');

  protected async submit(event: Event): Promise<void> {
    const password = textOf(fieldsOf(event), 'again-password');
    await this.sending.run(() => this.session.signIn(this.name(), password));
  }
}

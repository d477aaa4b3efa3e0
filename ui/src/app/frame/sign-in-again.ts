import { A11yModule } from '@angular/cdk/a11y';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { sentenceOf } from '../api/client';
import { expiry } from '../api/expiry';
import { Session } from '../api/session';
import { words } from '../words';

/** Asks for the password when a session ends while somebody works; the page behind it stays as it is. */
@Component({
  selector: 'a-sign-in-again',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [A11yModule],
  template: `
    @if (expiry.over()) {
      <div class="cover backdrop">
        <form
          class="dialog"
          role="dialog"
          aria-modal="true"
          aria-labelledby="again"
          cdkTrapFocus
          cdkTrapFocusAutoCapture
          (submit)="submit($event, name.value, password.value)"
        >
          <h2 id="again">{{ words.again }}</h2>
          <p class="quiet">{{ words.againWhy(user()) }}</p>
          <div class="field">
            <label for="again-name">{{ words.name }}</label>
            <input
              class="input"
              id="again-name"
              autocomplete="username"
              required
              [value]="user()"
              #name
            />
          </div>
          <div class="field">
            <label for="again-password">{{ words.password }}</label>
            <input
              class="input"
              id="again-password"
              type="password"
              autocomplete="current-password"
              required
              cdkFocusInitial
              #password
            />
          </div>
          <p role="alert" class="fault">{{ fault() }}</p>
          <div class="actions">
            <button class="button primary" [disabled]="busy()">{{ words.submit }}</button>
          </div>
        </form>
      </div>
    }
  `,
  styles: `
    .cover {
      position: fixed;
      z-index: 1200;
      inset: 0;
      display: grid;
      place-items: center;
    }

    .dialog {
      max-width: 400px;
    }

    .fault {
      color: var(--rust);
      margin: 0;
    }
  `,
})
export class SignInAgain {
  protected readonly words = words.signIn;
  protected readonly expiry = expiry;
  protected readonly fault = signal('');
  protected readonly busy = signal(false);
  private readonly session = inject(Session);
  protected readonly user = computed(() => this.session.user()?.name ?? '');

  protected async submit(event: Event, name: string, password: string): Promise<void> {
    event.preventDefault();
    this.busy.set(true);
    this.fault.set('');
    try {
      await this.session.signIn(name, password);
    } catch (error) {
      this.fault.set(sentenceOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}

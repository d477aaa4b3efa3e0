import { ChangeDetectionStrategy, Component, input, signal } from '@angular/core';
import { words } from '../words';

/** What the server takes as a new password (`accounts/passwords.py`). */
export const SHORTEST = 10;
const LONGEST = 1000;

/** A field for a password that can be shown; `fresh` for a new one. */
@Component({
  selector: 'a-password-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="field">
      <label [for]="name()">{{ label() }}</label>
      <div class="secret">
        <input
          class="input"
          required
          autocapitalize="none"
          spellcheck="false"
          [id]="name()"
          [name]="name()"
          [type]="shown() ? 'text' : 'password'"
          [attr.autocomplete]="fresh() ? 'new-password' : 'current-password'"
          [attr.minlength]="fresh() ? shortest : null"
          [attr.maxlength]="longest"
          [attr.aria-describedby]="fresh() ? name() + '-advice' : null"
        />
        <button
          type="button"
          class="button bare"
          [attr.aria-pressed]="shown()"
          [attr.aria-label]="words.show(label())"
          (click)="shown.set(!shown())"
        >
          {{ shown() ? words.shown : words.hidden }}
        </button>
      </div>
      @if (fresh()) {
        <p class="hint" [id]="name() + '-advice'">{{ words.advice(shortest) }}</p>
      }
    </div>
  `,
  styles: `
    .secret {
      position: relative;
    }

    .input {
      padding-inline-end: 72px;
    }

    .button {
      position: absolute;
      inset-block: 2px;
      inset-inline-end: 2px;
      min-height: 0;
      width: 64px;
      padding: 0;
      color: var(--quiet);
    }

    .hint {
      margin: 0;
    }
  `,
})
export class PasswordField {
  /** The field's name in the form, and its id. */
  readonly name = input('password');
  readonly label = input(words.signIn.password);
  readonly fresh = input(false);
  protected readonly words = words.signIn;
  protected readonly shortest = SHORTEST;
  protected readonly longest = LONGEST;
  protected readonly shown = signal(false);
}

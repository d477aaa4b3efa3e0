import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { type Choice, Theme } from '../frame/theme';
import { words } from '../words';

/** Light, dark, or as the system has it. */
@Component({
  selector: 'a-theme-choice',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <fieldset aria-labelledby="theme">
      @for (choice of choices; track choice) {
        <label class="check">
          <input
            type="radio"
            name="theme"
            [value]="choice"
            [checked]="theme.chosen() === choice"
            (change)="theme.choose(choice)"
          />
          {{ words.choices[choice] }}
        </label>
      }
    </fieldset>
    <p class="quiet small">{{ words.note }}</p>
  `,
  styles: `
    fieldset {
      display: flex;
      flex-wrap: wrap;
      gap: 8px 28px;
      margin: 0 0 4px;
      padding: 0;
      border: 0;
    }

    p {
      margin: 0;
    }
  `,
})
export class ThemeChoice {
  protected readonly words = words.account.theme;
  protected readonly theme = inject(Theme);
  protected readonly choices: readonly Choice[] = ['system', 'light', 'dark'];
}

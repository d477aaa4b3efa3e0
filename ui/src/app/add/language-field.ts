import { ChangeDetectionStrategy, Component, computed, input, model, signal } from '@angular/core';
import { MatAutocompleteModule } from '@angular/material/autocomplete';
import { words } from '../words';

/** A language, found by typing some of its name. */
@Component({
  selector: 'a-language-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MatAutocompleteModule],
  template: `
    <input
      #box
      class="input"
      type="text"
      spellcheck="false"
      autocomplete="off"
      [id]="fieldId()"
      [attr.aria-describedby]="describedBy()"
      [matAutocomplete]="list"
      [value]="nameOf(code())"
      (focus)="box.select()"
      (input)="typed.set(box.value)"
      (keydown.escape)="box.value = nameOf(code())"
    />
    <mat-autocomplete
      #list="matAutocomplete"
      autoActiveFirstOption
      [displayWith]="nameOf"
      (optionSelected)="code.set($event.option.value)"
      (closed)="typed.set(''); box.value = nameOf(code())"
    >
      @for (one of shown(); track one[0]) {
        <mat-option [value]="one[0]">{{ one[1] }}</mat-option>
      } @empty {
        <mat-option disabled>{{ words.noSuchLanguage }}</mat-option>
      }
    </mat-autocomplete>
  `,
})
export class LanguageField {
  /** Code and name of each. */
  readonly languages = input.required<readonly (readonly [string, string])[]>();
  readonly fieldId = input.required<string>();
  readonly describedBy = input<string>();
  /** The code of the chosen one; empty where it is to be found out. */
  readonly code = model.required<string>();

  protected readonly words = words.add.options;
  protected readonly typed = signal('');
  private readonly choices = computed(() => [
    ['', this.words.detect] as const,
    ...this.languages(),
  ]);
  protected readonly shown = computed(() => {
    const sought = this.typed().trim().toLowerCase();
    const found = this.choices().filter(
      ([code, name]) => code === sought || name.toLowerCase().includes(sought),
    );
    return found.sort((a, b) => rank(a, sought) - rank(b, sought));
  });

  protected readonly nameOf = (code: string): string =>
    this.choices().find((one) => one[0] === code)?.[1] ?? code;
}

/** What begins with the sought letters comes first. */
function rank([code, name]: readonly [string, string], sought: string): number {
  if (sought === '') return 0;
  return code === sought || name.toLowerCase().startsWith(sought) ? 0 : 1;
}

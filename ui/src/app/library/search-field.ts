import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucideSearch, LucideX } from '@lucide/angular';
import { words } from '../words';

/** How long (ms) nobody types before the search begins. */
const PAUSE = 180;

/** The field for the search as somebody types. */
@Component({
  selector: 'a-search-field',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideSearch, LucideX, MatTooltip],
  template: `
    <svg lucideSearch class="lens" [size]="18"></svg>
    <input
      #field
      class="input"
      type="search"
      maxlength="500"
      dir="auto"
      autocomplete="off"
      enterkeyhint="search"
      [attr.aria-label]="words.label"
      [placeholder]="words.placeholder"
      (input)="typed(field.value)"
      (keydown.arrowdown)="$event.preventDefault(); down.emit()"
      (keydown.enter)="typed(field.value, 0); entered.emit()"
      (keydown.escape)="clear()"
    />
    @if (query()) {
      <button
        type="button"
        class="button icon"
        [attr.aria-label]="words.clear"
        [matTooltip]="words.clear"
        (click)="clear()"
      >
        <svg lucideX [size]="18"></svg>
      </button>
    } @else {
      <kbd aria-hidden="true">/</kbd>
    }
  `,
  styles: `
    :host {
      position: relative;
      display: flex;
      align-items: center;
      width: 340px;
      max-width: 100%;
    }

    .input {
      padding-inline: 38px;

      &::-webkit-search-cancel-button {
        display: none;
      }
    }

    .lens {
      position: absolute;
      inset-inline-start: 11px;
      color: var(--quiet);
      pointer-events: none;
    }

    .button {
      position: absolute;
      inset-inline-end: 2px;
    }

    kbd {
      position: absolute;
      inset-inline-end: 9px;
      color: var(--quiet);
      pointer-events: none;
    }

    @media (max-width: 700px) {
      :host {
        flex: 1;
        width: auto;
      }

      .input {
        font-size: 16px; // smaller ones make a phone zoom in
      }

      kbd {
        display: none;
      }
    }
  `,
})
export class SearchField {
  /** What the address says is searched for. */
  readonly query = input('');
  /** What is searched for now; '' for nothing. */
  readonly asked = output<string>();
  /** Somebody goes down to what was found. */
  readonly down = output();
  /** Enter was pressed. */
  readonly entered = output();

  protected readonly words = words.library.search;
  private readonly field = viewChild.required<ElementRef<HTMLInputElement>>('field');
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.pause));
    effect(() => {
      const [query, field] = [this.query(), this.field().nativeElement];
      // The address follows the field; only another way there, as by going back, writes into it.
      if (field.value.trim() !== query && this.pause === undefined) field.value = query;
    });
  }

  focus(): void {
    this.field().nativeElement.select();
  }

  protected typed(text: string, wait = PAUSE): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.asked.emit(text.trim());
    }, wait);
  }

  protected clear(): void {
    const field = this.field().nativeElement;
    if (field.value === '') field.blur();
    else field.focus();
    field.value = '';
    this.typed('', 0);
  }
}

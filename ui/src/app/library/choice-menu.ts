import { CdkMenu, CdkMenuItem, CdkMenuItemRadio, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { LucideCheck, LucideChevronDown } from '@lucide/angular';

/** Something that can be chosen; the one with '' stands for no choice. */
export interface Choice {
  readonly value: string;
  readonly name: string;
  readonly count?: number;
}

/** A button that shows what is chosen, and a menu of what else there is. */
@Component({
  selector: 'a-choice-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [CdkMenu, CdkMenuItem, CdkMenuItemRadio, CdkMenuTrigger, LucideCheck, LucideChevronDown],
  template: `
    <button
      type="button"
      class="button bare"
      [class.on]="narrow()"
      [cdkMenuTriggerFor]="choicesMenu"
    >
      <span class="spoken-only">{{ label() }}: </span>
      <span class="name" dir="auto">{{ shown() }}</span>
      <svg lucideChevronDown [size]="16"></svg>
    </button>
    <ng-template #choicesMenu>
      <div class="menu" cdkMenu>
        @for (choice of choices(); track choice.value) {
          <button
            class="menu-item"
            cdkMenuItemRadio
            [cdkMenuItemChecked]="choice.value === chosen()"
            (cdkMenuItemTriggered)="chose.emit(choice.value)"
          >
            <span class="mark">
              @if (choice.value === chosen()) {
                <svg lucideCheck [size]="16"></svg>
              }
            </span>
            <span dir="auto">{{ choice.name }}</span>
            @if (choice.count !== undefined) {
              <span class="count quiet">{{ choice.count.toLocaleString() }}</span>
            }
          </button>
        } @empty {
          <button class="menu-item" cdkMenuItem [cdkMenuItemDisabled]="true">{{ none() }}</button>
        }
        @if (further(); as name) {
          <button class="menu-item further" cdkMenuItem (cdkMenuItemTriggered)="more.emit()">
            {{ name }}
          </button>
        }
      </div>
    </ng-template>
  `,
  styles: `
    .button {
      padding-inline: 10px 6px;
      gap: 4px;
      color: var(--quiet);
    }

    .on {
      color: var(--coral-deep);
    }

    .name {
      max-width: 180px;
      overflow: hidden;
      text-overflow: ellipsis;
    }

    .mark {
      display: flex;
      flex: none;
      width: 16px;
    }

    .count {
      margin-inline-start: auto;
      padding-inline-start: 12px;
    }

    .further {
      padding-inline-start: 36px;
    }
  `,
})
export class ChoiceMenu {
  /** What is chosen here, such as "Language". */
  readonly label = input.required<string>();
  readonly choices = input.required<readonly Choice[]>();
  readonly chosen = input.required<string>();
  /** What the button shows in place of the choice's name. */
  readonly text = input<string>();
  /** What the menu says where there is nothing to choose. */
  readonly none = input('');
  /** The name of a last item that asks further. */
  readonly further = input<string>();
  /** Whether the choice leaves anything out, which the button's colour shows. */
  readonly narrows = input(true);
  readonly chose = output<string>();
  readonly more = output();

  protected readonly narrow = computed(() => this.narrows() && this.chosen() !== '');
  protected readonly shown = computed(() => {
    if (this.text()) return this.text();
    const found = this.choices().find((one) => one.value === this.chosen());
    return this.chosen() === '' ? this.label() : (found?.name ?? this.chosen());
  });
}

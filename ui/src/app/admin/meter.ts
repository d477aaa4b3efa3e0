import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** How full something is: a bar, perhaps with a mark that it should not pass. */
@Component({
  selector: 'a-meter',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="fill" [class.over]="over()" [style.inline-size.%]="percent(value())"></div>
    @if (mark(); as at) {
      <div class="mark" [style.inset-inline-start.%]="percent(at)"></div>
    }
  `,
  host: {
    role: 'meter',
    '[attr.aria-label]': 'label()',
    '[attr.aria-valuenow]': 'percent(value())',
    '[attr.aria-valuetext]': 'text()',
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  },
  styles: `
    :host {
      position: relative;
      display: block;
      max-width: 420px;
      height: 8px;
      margin: 6px 0 2px;
      border: 1px solid var(--edge);
      border-radius: 4px;
      forced-color-adjust: none;
    }

    .fill {
      height: 100%;
      border-radius: 3px;
      background: var(--quiet);

      &.over {
        background: var(--rust);
      }
    }

    .mark {
      position: absolute;
      inset-block: -5px;
      width: 2px;
      background: var(--rust);
    }
  `,
})
export class Meter {
  readonly value = input.required<number>();
  /** What `value` is at most, in the same unit. */
  readonly most = input.required<number>();
  /** The value that should not be passed. */
  readonly mark = input<number | null>(null);
  readonly label = input.required<string>();
  /** The value as people read it. */
  readonly text = input.required<string>();
  protected readonly over = computed(() => {
    const mark = this.mark();
    return mark !== null && this.value() > mark;
  });

  protected percent(value: number): number {
    return Math.round(Math.min(100, Math.max(0, (100 * value) / (this.most() || 1))));
  }
}

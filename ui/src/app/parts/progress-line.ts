import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

/** A thin line that fills up; without a value it says that something is under way. */
@Component({
  selector: 'a-progress-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `<div [style.inline-size.%]="percent()" [class.unknown]="value() === null"></div>`,
  host: {
    role: 'progressbar',
    '[attr.aria-label]': 'label()',
    '[attr.aria-valuenow]': 'percent()',
    'aria-valuemin': '0',
    'aria-valuemax': '100',
  },
  styles: `
    :host {
      display: block;
      height: 2px;
      overflow: hidden;
      background: var(--line);
      forced-color-adjust: none;
    }

    div {
      height: 100%;
      background: var(--coral);
      transition: inline-size 400ms linear;
    }

    .unknown {
      inline-size: 30% !important;
      animation: wander 1.6s ease-in-out infinite alternate;
    }

    @keyframes wander {
      to {
        margin-inline-start: 70%;
      }
    }
  `,
})
export class ProgressLine {
  /** 0 to 1; null while nobody knows. */
  readonly value = input.required<number | null>();
  readonly label = input.required<string>();
  protected readonly percent = computed(() => {
    const value = this.value();
    return value === null ? null : Math.round(value * 100);
  });
}

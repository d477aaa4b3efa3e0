import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';

const HEIGHT = 100;

/** A small chart: a bar for each day, the oldest first. `label` says in words what it shows. */
@Component({
  selector: 'a-day-bars',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <svg
      role="img"
      preserveAspectRatio="none"
      [attr.aria-label]="label()"
      [attr.viewBox]="'0 0 ' + values().length * 4 + ' 100'"
    >
      @for (bar of bars(); track $index) {
        <rect width="3" [attr.x]="$index * 4" [attr.y]="100 - bar" [attr.height]="bar" />
      }
    </svg>
  `,
  styles: `
    :host {
      display: block;
      border-bottom: 1px solid var(--line);
    }

    svg {
      display: block;
      width: 100%;
      height: 100%;
    }

    rect {
      fill: var(--sage);
    }
  `,
})
export class DayBars {
  readonly values = input.required<readonly number[]>();
  readonly label = input.required<string>();
  /** The value of a full bar, where several charts share one scale. */
  readonly most = input<number>();
  protected readonly bars = computed(() => {
    const most = this.most() ?? Math.max(...this.values());
    // Something is never drawn as nothing.
    return this.values().map((value) => (value > 0 ? Math.max(2, (value / most) * HEIGHT) : 0));
  });
}

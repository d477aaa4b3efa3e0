import { ChangeDetectionStrategy, Component, input } from '@angular/core';

/** An ear drawn as two nested arcs that are also waves of sound. */
@Component({
  selector: 'a-logo',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `<svg
    viewBox="0 0 32 32"
    [attr.width]="size()"
    [attr.height]="size()"
    fill="none"
    stroke="currentColor"
    stroke-width="3.2"
    stroke-linecap="round"
    aria-hidden="true"
  >
    <path
      d="M6.5 14.5a9.5 9.5 0 1 1 17.6 5c-1.4 2.3-3.6 3-4.3 5.2-.8 2.6-2.3 4.3-4.8 4.3a5 5 0 0 1-4.9-4"
    />
    <path d="M11.7 14.5a4.3 4.3 0 1 1 7.6 2.8c-1.2 1.4-2.8 1.9-3.3 3.7" />
  </svg>`,
  styles: `
    :host {
      display: inline-flex;
    }
  `,
})
export class Logo {
  readonly size = input(28);
}

import { ChangeDetectionStrategy, Component, input } from '@angular/core';

/** Says why something could not be done; read out as soon as it does. */
@Component({
  selector: 'a-fault',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div role="alert">
      @if (text()) {
        <p class="notice fault">{{ text() }}</p>
      }
    </div>
  `,
  styles: `
    :host {
      display: block;
    }

    p {
      margin: 0 0 16px;
    }
  `,
})
export class Fault {
  readonly text = input.required<string>();
}

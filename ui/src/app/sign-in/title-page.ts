import { ChangeDetectionStrategy, Component } from '@angular/core';
import { Logo } from '../frame/logo';
import { words } from '../words';

/** One quiet column in the middle, under the name of the house: what people see before they are in. */
@Component({
  selector: 'a-title-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Logo],
  template: `
    <div class="column">
      <div class="mark">
        <a-logo [size]="52" />
        <p class="brand">{{ words.brand }}</p>
        <p class="tagline">{{ words.tagline }}</p>
      </div>
      <ng-content />
    </div>
  `,
  styles: `
    :host {
      display: grid;
      min-height: 100dvh;
      padding: 48px 24px 64px;
      place-items: safe center;
    }

    .column {
      width: min(400px, 100%);
    }

    .mark {
      display: flex;
      flex-direction: column;
      align-items: center;
      margin-bottom: 40px;
      text-align: center;
    }

    a-logo {
      color: var(--coral);
    }

    .brand {
      margin: 12px 0 0;
      font: 500 42px/52px var(--reading);
      letter-spacing: -0.01em;
    }

    .tagline {
      margin: 0;
      color: var(--quiet);
      font: italic 17px/28px var(--reading);
    }

    .tagline::after {
      display: block;
      width: 48px;
      margin: 24px auto 0;
      border-top: 1px solid var(--edge);
      content: '';
    }
  `,
})
export class TitlePage {
  protected readonly words = words.signIn;
}

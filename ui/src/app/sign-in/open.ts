import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { words } from '../words';

/** Says that nobody has to sign in here. */
@Component({
  selector: 'a-open',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink],
  template: `
    <h1>{{ words.title }}</h1>
    <p>{{ words.why }}</p>
    <a class="button primary" routerLink="/">{{ words.go }}</a>
  `,
  styles: `
    h1 {
      margin-bottom: 16px;
      text-align: center;
    }

    .button {
      width: 100%;
      min-height: 42px;
      margin-top: 12px;
    }
  `,
})
export class Open {
  protected readonly words = words.signIn.open;
}

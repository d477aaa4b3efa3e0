import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { words } from '../words';

/** What an address that leads nowhere shows. */
@Component({
  selector: 'a-not-found',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink],
  template: `
    <section>
      <h1>{{ words.title }}</h1>
      <p class="quiet">{{ words.why }}</p>
      <a class="button" routerLink="/">{{ words.back }}</a>
    </section>
  `,
  styles: `
    section {
      max-width: 480px;
      margin: 16vh auto 0;
      padding: var(--gap);
    }

    p {
      margin: 8px 0 24px;
    }
  `,
})
export class NotFound {
  protected readonly words = words.frame.notFound;
}

import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { LucidePlus } from '@lucide/angular';
import { words } from '../words';

/** What a library without recordings shows: what to do, and what happens then. */
@Component({
  selector: 'a-empty-library',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucidePlus, RouterLink],
  template: `
    <h2>{{ words.title }}</h2>
    <ol>
      @for (step of words.steps; track step.title) {
        <li>
          <h3>{{ step.title }}</h3>
          <p class="quiet">{{ step.text }}</p>
        </li>
      }
    </ol>
    <a class="button primary" routerLink="/add">
      <svg lucidePlus [size]="18"></svg>{{ words.add }}
    </a>
    <p class="keys quiet small">
      <span><kbd>n</kbd> {{ words.keys.add }}</span>
      <span><kbd>/</kbd> {{ words.keys.search }}</span>
      <span><kbd>?</kbd> {{ words.keys.all }}</span>
    </p>
  `,
  styles: `
    :host {
      display: block;
      max-width: 640px;
      margin: 8vh auto 0;
      padding: 0 var(--gap) 32px;
    }

    ol {
      margin: 24px 0;
      padding: 0;
      list-style: none;
      counter-reset: step;
    }

    li {
      position: relative;
      padding: 16px 0 16px 56px;
      border-top: 1px solid var(--line);
      counter-increment: step;

      &::before {
        position: absolute;
        inset: 14px auto auto 8px;
        color: var(--coral);
        font: 500 26px/30px var(--reading);
        content: counter(step);
      }
    }

    li p {
      margin: 2px 0 0;
    }

    .keys {
      display: flex;
      flex-wrap: wrap;
      gap: 8px 24px;
      margin-top: 24px;
    }

    @media (max-width: 700px) {
      .keys {
        display: none;
      }
    }
  `,
})
export class EmptyLibrary {
  protected readonly words = words.library.empty;
}

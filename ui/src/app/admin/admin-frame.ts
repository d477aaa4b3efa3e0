import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { PageHead } from '../parts/page-head';
import { adminWords } from '../words/admin';

/** The order of the tabs; each is a page of its own under /admin. */
const tabs = ['system', 'models', 'queues', 'jobs', 'users', 'usage', 'settings', 'audit'] as const;

/** The pages for those who look after the installation, as tabs. */
@Component({
  selector: 'a-admin',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PageHead, RouterLink, RouterLinkActive, RouterOutlet],
  template: `
    <a-page-head [title]="words.title" />
    <nav [attr.aria-label]="words.navigation">
      @for (tab of tabs; track tab) {
        <a
          #link
          [routerLink]="tab"
          routerLinkActive="here"
          ariaCurrentWhenActive="page"
          (isActiveChange)="$event && link.scrollIntoView({ block: 'nearest', inline: 'center' })"
          >{{ words.tabs[tab] }}</a
        >
      }
    </nav>
    <div class="page"><router-outlet /></div>
  `,
  styles: `
    nav {
      display: flex;
      gap: 4px 20px;
      overflow-x: auto;
      padding: 0 var(--gap);
      border-bottom: 1px solid var(--line);
      scrollbar-width: none;
    }

    a {
      flex: none;
      padding: 8px 2px 9px;
      border-bottom: 2px solid transparent;
      color: var(--quiet);
      text-decoration: none;

      &:hover {
        color: var(--ink);
      }

      &.here {
        border-bottom-color: var(--coral);
        color: var(--ink);
      }

      &:focus-visible {
        outline-offset: -2px;
      }
    }

    .page {
      max-width: 1240px;
      padding: 16px var(--gap) 64px;
    }
  `,
})
export class AdminFrame {
  protected readonly words = adminWords;
  protected readonly tabs = tabs;
}

import { ChangeDetectionStrategy, Component, effect, inject } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { JobFeed } from './api/job-feed';
import { Session } from './api/session';
import { ComingPage } from './frame/coming-page';
import { ConnectionBanner } from './frame/connection-banner';
import { DropAnywhere } from './frame/drop-anywhere';
import { Rail } from './frame/rail';
import { Shortcuts } from './frame/shortcuts';
import { SignInAgain } from './frame/sign-in-again';
import { Toasts } from './frame/toasts';
import { Tray } from './frame/tray';
import { words } from './words';

/** The frame around every page: the rail, what is in progress, and what happened. */
@Component({
  selector: 'a-root',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    ComingPage,
    ConnectionBanner,
    DropAnywhere,
    Rail,
    RouterOutlet,
    SignInAgain,
    Toasts,
    Tray,
  ],
  template: `
    <a class="skip button" href="#content" (click)="toContent($event, content)">{{ words.skip }}</a>
    <a-coming-page />
    @if (session.user()) {
      <a-rail />
    }
    <main id="content" tabindex="-1" #content [class.alone]="!session.user()">
      <a-connection-banner />
      <router-outlet />
    </main>
    @if (session.user()) {
      <a-tray />
      <a-drop-anywhere />
    }
    <a-toasts />
    <a-sign-in-again />
  `,
  styles: `
    :host {
      display: block;
      min-height: 100dvh;
    }

    main {
      min-height: 100dvh;
      padding-inline-start: var(--rail);
      padding-bottom: var(--tray, 0);
      outline: none;

      &.alone {
        padding-inline-start: 0;
      }
    }

    .skip {
      position: fixed;
      z-index: 60;
      inset: 8px auto auto 8px;

      &:not(:focus) {
        clip-path: inset(50%);
      }
    }

    @media (max-width: 700px) {
      main:not(.alone) {
        padding-bottom: calc(var(--bar) + var(--tray, 0px));
      }
    }
  `,
})
export class App {
  protected readonly words = words.frame;
  protected readonly session = inject(Session);

  constructor() {
    const feed = inject(JobFeed);
    inject(Shortcuts).listen();
    effect(() => (this.session.user() ? feed.open() : feed.close()));
  }

  /** The base address is not the page's, so a plain #content would lead to another page. */
  protected toContent(event: Event, content: HTMLElement): void {
    event.preventDefault();
    content.focus();
  }
}

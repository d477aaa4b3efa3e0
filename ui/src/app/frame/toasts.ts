import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  effect,
  ElementRef,
  inject,
} from '@angular/core';
import { LucideX } from '@lucide/angular';
import { words } from '../words';
import { Notices } from './notices';

/** What just happened, at the bottom of the page; read out by screen readers. */
@Component({
  selector: 'a-toasts',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideX],
  host: { popover: 'manual', role: 'status', 'aria-live': 'polite' },
  template: `
    @for (notice of notices.shown(); track notice.id) {
      <div class="toast" [class.fault]="notice.fault">
        <span>{{ notice.text }}</span>
        @if (notice.action; as action) {
          <button type="button" class="act" (click)="notices.act(notice)">
            {{ action.name }}
          </button>
        }
        <button
          type="button"
          class="close"
          [attr.aria-label]="words.dismiss"
          (click)="notices.dismiss(notice.id)"
        >
          <svg lucideX [size]="16"></svg>
        </button>
      </div>
    }
  `,
  styles: `
    :host {
      position: fixed;
      z-index: 1100;
      inset: auto 0 20px;
      display: flex;
      flex-direction: column;
      align-items: center;
      gap: 8px;
      width: auto;
      margin: 0;
      border: 0;
      padding: 0 16px;
      overflow: visible;
      background: none;
      pointer-events: none;
    }

    .toast {
      display: flex;
      align-items: center;
      gap: 12px;
      max-width: min(640px, 100%);
      padding: 10px 8px 10px 16px;
      border-radius: var(--radius);
      background: var(--ink);
      box-shadow: var(--shadow);
      color: var(--paper);
      font-size: 14px;
      line-height: 20px;
      pointer-events: auto;
    }

    .toast.fault {
      border-inline-start: 4px solid var(--coral);
    }

    button {
      border: 0;
      border-radius: var(--radius-small);
      padding: 4px 8px;
      background: transparent;
      color: inherit;
      font: 600 14px/20px var(--interface);
      cursor: pointer;

      &:hover {
        background: rgb(128 128 128 / 30%);
      }

      &:focus-visible {
        outline-color: currentColor;
      }
    }

    .act {
      text-decoration: underline;
      text-underline-offset: 3px;
    }

    .close {
      display: flex;
      padding: 6px;
    }

    @media (max-width: 700px), (max-height: 520px) {
      :host {
        bottom: calc(var(--bar) + var(--player) + var(--tray, 0px) + 12px);
      }
    }
  `,
})
export class Toasts {
  protected readonly words = words.frame;
  protected readonly notices = inject(Notices);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;

  constructor() {
    afterNextRender(() => {
      // An open dialog hides what lies beside it in the body from screen readers, but for live regions.
      document.body.append(this.host);
      this.rise();
    });
    effect(() => {
      if (this.notices.shown().length > 0) this.rise();
    });
    const opened = (event: Event) => {
      if (event.target !== this.host) this.rise();
    };
    document.addEventListener('toggle', opened, { capture: true });
    inject(DestroyRef).onDestroy(() => document.removeEventListener('toggle', opened, true));
  }

  /** Come before everything: of what is in the browser's top layer the last that came covers the others. */
  private rise(): void {
    // Where somebody is about to press a button here, leaving for a moment would take the focus away.
    if (!this.host.isConnected || this.host.contains(document.activeElement)) return;
    this.host.hidePopover();
    this.host.showPopover();
  }
}

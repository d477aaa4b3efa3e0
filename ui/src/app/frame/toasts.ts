import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { LucideX } from '@lucide/angular';
import { words } from '../words';
import { Notices } from './notices';

/** What just happened, at the bottom of the page; read out by screen readers. */
@Component({
  selector: 'a-toasts',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideX],
  template: `
    <div class="stack" role="status" aria-live="polite">
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
    </div>
  `,
  styles: `
    .stack {
      position: fixed;
      z-index: 1100;
      inset-inline: 0;
      bottom: 20px;
      display: flex;
      flex-direction: column;
      align-items: center;
      gap: 8px;
      padding: 0 16px;
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

    @media (max-width: 700px) {
      .stack {
        bottom: calc(var(--bar) + var(--player) + var(--tray, 0px) + 12px);
      }
    }
  `,
})
export class Toasts {
  protected readonly words = words.frame;
  protected readonly notices = inject(Notices);
}

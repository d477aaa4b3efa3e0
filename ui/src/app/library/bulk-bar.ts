import { ChangeDetectionStrategy, Component, input, output } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucideFileDown, LucideTag, LucideTrash2, LucideX } from '@lucide/angular';
import { words } from '../words';

/** What can be done with everything that is selected. */
@Component({
  selector: 'a-bulk-bar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideFileDown, LucideTag, LucideTrash2, LucideX, MatTooltip],
  template: `
    <div class="bar" role="toolbar" [attr.aria-label]="words.name">
      <button
        type="button"
        class="button icon"
        [attr.aria-label]="words.clear"
        [matTooltip]="words.clear"
        (click)="cleared.emit()"
      >
        <svg lucideX [size]="18"></svg>
      </button>
      <span role="status" class="count">{{ words.selected(count()) }}</span>
      @if (collecting() !== null) {
        <span class="quiet" role="status">{{ words.collecting(collecting() ?? 0) }}</span>
      } @else if (all() === null || count() < (all() ?? 0)) {
        <button type="button" class="button bare" (click)="everything.emit()">
          {{ all() === null ? words.allOfThem : words.all(all() ?? 0) }}
        </button>
      }
      <span class="space"></span>
      <button type="button" class="button bare" [attr.aria-label]="words.tags" (click)="tag.emit()">
        <svg lucideTag [size]="16"></svg><span>{{ words.tags }}</span>
      </button>
      <button
        type="button"
        class="button bare"
        [attr.aria-label]="words.export"
        (click)="export.emit()"
      >
        <svg lucideFileDown [size]="16"></svg><span>{{ words.export }}</span>
      </button>
      <button
        type="button"
        class="button bare"
        [attr.aria-label]="words.delete"
        (click)="remove.emit()"
      >
        <svg lucideTrash2 [size]="16"></svg><span>{{ words.delete }}</span>
      </button>
    </div>
  `,
  styles: `
    .bar {
      display: flex;
      gap: 4px;
      align-items: center;
      height: 100%;
      min-height: 44px;
      padding-inline: calc(var(--gap) - 10px);
      background: var(--coral-soft);
    }

    .count {
      margin-inline-end: 8px;
      font-weight: 600;
      font-size: 14px;
      white-space: nowrap;
    }

    .space {
      flex: 1;
    }

    @media (max-width: 700px) {
      .bar {
        padding-inline: 8px 4px;
      }

      .space ~ .button {
        min-width: 40px;
        padding-inline: 10px;

        span {
          display: none;
        }
      }
    }
  `,
})
export class BulkBar {
  readonly count = input.required<number>();
  /** How many there are; null while nobody knows, and then as many as there are pages. */
  readonly all = input.required<number | null>();
  /** How many have been fetched so far while all of them are being selected; null while they are not. */
  readonly collecting = input<number | null>(null);
  readonly everything = output();
  readonly tag = output();
  readonly export = output();
  readonly remove = output();
  readonly cleared = output();

  protected readonly words = words.library.bulk;
}

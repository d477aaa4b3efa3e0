import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { LucideUpload } from '@lucide/angular';
import { dropped, type Found, pasted } from '../add/found-files';
import { Intake } from '../add/intake';
import { words } from '../words';
import { Notices } from './notices';

/** Files can be dropped or pasted on every page: while they are over it, it says what happens to them. */
@Component({
  selector: 'a-drop-anywhere',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideUpload],
  template: `
    @if (over()) {
      <div class="cover">
        <div class="frame">
          <svg lucideUpload [size]="36" [strokeWidth]="1.5"></svg>
          <p class="title">{{ words.anywhere }}</p>
          <p>{{ words.anywhereHow }}</p>
        </div>
      </div>
    }
  `,
  host: {
    '(document:dragenter)': 'entered($event)',
    '(document:dragover)': 'moved($event)',
    '(document:dragleave)': 'left($event)',
    '(document:drop)': 'drop($event)',
    '(document:paste)': 'paste($event)',
  },
  styles: `
    .cover {
      position: fixed;
      z-index: 1000;
      inset: 0;
      padding: 16px;
      background: color-mix(in srgb, var(--paper) 92%, transparent);
      pointer-events: none;
    }

    .frame {
      display: flex;
      flex-direction: column;
      align-items: center;
      justify-content: center;
      gap: 4px;
      height: 100%;
      border: 2px dashed var(--coral);
      border-radius: 12px;
      text-align: center;
    }

    p {
      margin: 0;
      color: var(--quiet);
    }

    .title {
      margin-top: 8px;
      color: var(--ink);
      font: 600 24px/32px var(--reading);
    }
  `,
})
export class DropAnywhere {
  protected readonly words = words.add.drop;
  protected readonly over = signal(false);
  private readonly intake = inject(Intake);
  private readonly notices = inject(Notices);

  protected entered(event: DragEvent): void {
    if (bringsFiles(event)) this.over.set(true);
  }

  protected moved(event: DragEvent): void {
    // Without this the browser opens the file in place of the page.
    if (bringsFiles(event)) event.preventDefault();
  }

  protected left(event: DragEvent): void {
    // Only what leaves the window goes nowhere.
    if (event.relatedTarget === null) this.over.set(false);
  }

  protected drop(event: DragEvent): void {
    this.over.set(false);
    if (event.defaultPrevented || event.dataTransfer === null || !bringsFiles(event)) return;
    event.preventDefault();
    this.take(dropped(event.dataTransfer));
  }

  protected paste(event: ClipboardEvent): void {
    if (event.defaultPrevented || !event.clipboardData?.files.length || isField(event.target))
      return;
    event.preventDefault();
    this.take(Promise.resolve(pasted(event.clipboardData)));
  }

  private take(found: Promise<Found>): void {
    found
      .then((some) => this.intake.take(some))
      .catch((error: unknown) => this.notices.fail(error));
  }
}

function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** A paste into a field is text for it. */
function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}

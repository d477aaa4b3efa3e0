import { ChangeDetectionStrategy, Component, computed, input, signal } from '@angular/core';
import { LucideCheck, LucideCopy } from '@lucide/angular';
import { words } from '../words';

/**
 * Copies the text of an element: `<code #key>…</code><a-copy-button [from]="key" />`.
 *
 * Without https a page may not write to the clipboard: then the text is selected, and its reader copies it.
 */
@Component({
  selector: 'a-copy-button',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideCheck, LucideCopy],
  template: `
    <button type="button" class="button" [class.primary]="primary()" (click)="copy()">
      @if (done() === 'copied') {
        <svg lucideCheck [size]="16"></svg>
      } @else {
        <svg lucideCopy [size]="16"></svg>
      }
      <span aria-live="polite">{{ says() }}</span>
    </button>
  `,
})
export class CopyButton {
  readonly from = input.required<HTMLElement>();
  readonly label = input(words.frame.copy.copy);
  readonly primary = input(false);
  protected readonly done = signal<'copied' | 'selected' | null>(null);
  protected readonly says = computed(() => {
    const done = this.done();
    return done === null ? this.label() : words.frame.copy[done];
  });

  protected async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.from().textContent);
      this.done.set('copied');
    } catch {
      getSelection()?.selectAllChildren(this.from());
      this.done.set('selected');
    }
    setTimeout(() => this.done.set(null), 4000);
  }
}

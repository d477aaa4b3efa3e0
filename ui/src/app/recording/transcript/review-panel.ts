import {
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  linkedSignal,
  viewChild,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucideArrowLeft, LucideArrowRight, LucideRotateCcw, LucideX } from '@lucide/angular';
import { keysOf } from '../../frame/shortcuts';
import { ProgressLine } from '../../parts/progress-line';
import { words } from '../../words';
import { percent } from './doubts';
import { Reviewing } from './reviewing';
import { core } from './spelling';
import { TranscriptStore } from './transcript-store';

/** Asks about one doubtful word after the other; typing replaces it. */
@Component({
  selector: 'a-review-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideArrowLeft, LucideArrowRight, LucideRotateCcw, LucideX, MatTooltip, ProgressLine],
  templateUrl: './review-panel.html',
  styleUrl: './review-panel.scss',
  host: { '(keydown.escape)': 'leave()' },
})
export class ReviewPanel {
  protected readonly words = words.editing.review;
  protected readonly reviewing = inject(Reviewing);
  private readonly store = inject(TranscriptStore);
  private readonly field = viewChild<ElementRef<HTMLInputElement>>('field');
  private readonly leaving = viewChild<ElementRef<HTMLButtonElement>>('leaving');

  protected readonly share = computed(() => {
    const total = this.reviewing.total();
    return total ? this.reviewing.checked() / total : 1;
  });
  protected readonly sure = computed(() => {
    const word = this.reviewing.asked()?.word;
    return word ? percent(word) : 0;
  });
  private readonly said = computed(() => core(this.reviewing.asked()?.word.text ?? '').text);
  /** What stands in the field: the word, until somebody types. */
  protected readonly text = linkedSignal<unknown, string>({
    source: this.reviewing.asked,
    computation: () => this.said(),
  });
  protected readonly isOther = computed(() => this.text().trim() !== this.said());
  protected readonly alike = computed(() => this.reviewing.same().length);

  constructor() {
    this.makeRoom();
    effect(() => {
      const [asked, field, leaving] = [this.reviewing.asked(), this.field(), this.leaving()];
      if (!asked) leaving?.nativeElement.focus();
      else if (field) ask(field.nativeElement, this.said());
    });
  }

  /** Lets the page scroll the word out from behind this. */
  private makeRoom(): void {
    const [root, host] = [
      document.documentElement,
      inject<ElementRef<HTMLElement>>(ElementRef).nativeElement,
    ];
    const size = new ResizeObserver(() => {
      root.style.setProperty('--asking', `${host.offsetHeight}px`);
      this.reviewing.show();
    });
    size.observe(host);
    inject(DestroyRef).onDestroy(() => {
      size.disconnect();
      root.style.removeProperty('--asking');
    });
  }

  protected key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const ctrl = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter') this.decide(ctrl);
    else if (event.key === 'Tab') this.reviewing.step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') this.leave();
    else if (event.altKey && event.code === 'KeyA') this.decide(true);
    else if (!this.turnBack(keysOf(event))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Undo and redo, but where something was typed into the field they are its own. */
  private turnBack(keys: string): boolean {
    if (this.text() !== this.said()) return false;
    if (keys === 'ctrl+z') this.reviewing.undo();
    else if (keys === 'ctrl+shift+z' || keys === 'ctrl+y') this.store.redo();
    else return false;
    return true;
  }

  protected decide(all: boolean): void {
    this.reviewing.decide(this.isOther() ? this.text().trim() : null, all);
  }

  protected leave(): void {
    this.reviewing.leave();
  }
}

/** Put a word into the field, chosen, so that typing replaces it. */
function ask(field: HTMLInputElement, text: string): void {
  field.value = text;
  // On a phone the keyboard would cover the text each time.
  if (matchMedia('(pointer: coarse)').matches) return;
  field.focus({ preventScroll: true });
  field.select();
}

import {
  computed,
  DestroyRef,
  Directive,
  effect,
  ElementRef,
  inject,
  input,
  untracked,
} from '@angular/core';
import { Editing } from './editing';
import { Following } from './following';
import type { Segment } from './model';
import { TranscriptPage } from './page';
import { TranscriptStore } from './transcript-store';
import { write } from './words-in-place';

/**
 * The text of a segment. Its nodes are written by hand: tens of thousands of words are too many for bindings,
 * and only those near the view need to be elements.
 */
@Directive({
  selector: '[aSegmentText]',
  host: { class: 'segment', '[attr.data-s]': 'segment().id' },
})
export class SegmentText {
  readonly segment = input.required<Segment>({ alias: 'aSegmentText' });
  /** Whether it is in view or close to it. */
  readonly near = input.required<boolean>();
  readonly element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;

  private readonly page = inject(TranscriptPage);
  private readonly editing = inject(Editing);
  private readonly following = inject(Following);
  private readonly store = inject(TranscriptStore);
  private readonly isEdited = computed(() => this.editing.open()?.id === this.segment().id);
  private wasEdited = false;

  constructor() {
    this.element.tabIndex = -1;
    effect((undo) => {
      const id = this.segment().id;
      this.page.add(id, this);
      undo(() => this.page.remove(id, this));
    });
    effect(() => this.render());
    inject(DestroyRef).onDestroy(() => this.editing.gone(this));
  }

  /** The element of a word; null where words are not apart now. */
  wordElement(n: number): HTMLElement | null {
    return this.element.querySelector<HTMLElement>(`[data-w="${n}"]`);
  }

  private render(): void {
    const [segment, near, below] = [this.segment(), this.near(), this.store.doubtfulBelow()];
    const isEdited = this.isEdited();
    untracked(() => {
      if (isEdited && !this.wasEdited) this.editing.start(this);
      if (!isEdited) write(this.element, segment, below, near);
      this.wasEdited = isEdited;
      this.following.written(segment.id);
      this.page.written.update((n) => n + 1);
    });
  }
}

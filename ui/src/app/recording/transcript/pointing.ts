import { inject, Injectable } from '@angular/core';
import { Player } from '../player';
import { Editing } from './editing';
import { Following } from './following';
import { type Segment, segmentOf } from './model';
import { TranscriptPage } from './page';
import { TranscriptStore } from './transcript-store';
import { offsetIn } from './words-in-place';

/** Clicks and keys on the text: one listener for all words. */
@Injectable()
export class Pointing {
  private readonly editing = inject(Editing);
  private readonly following = inject(Following);
  private readonly page = inject(TranscriptPage);
  private readonly player = inject(Player);
  private readonly store = inject(TranscriptStore);

  /** A word was clicked: hear it. Whoever selects text is left alone. */
  click(event: MouseEvent): void {
    const segment = this.segmentAt(event);
    if (!segment || event.detail > 1 || event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (!(getSelection()?.isCollapsed ?? true)) return;
    const word = (event.target as Element).closest<HTMLElement>('[data-w]')?.dataset['w'];
    const place = this.page.find(segment.id);
    if (place) this.page.activate(place);
    this.player.seek(segment.words[Number(word ?? NaN)]?.start ?? segment.start);
  }

  /** Edit what was double-clicked, with the caret there. */
  doubleClick(event: MouseEvent): void {
    const segment = this.segmentAt(event);
    const [place, selection] = [segment && this.page.find(segment.id), getSelection()];
    if (!segment || !place) return;
    const node = selection?.anchorNode ?? null;
    const isHere = node !== null && place.element.contains(node);
    this.editing.edit(
      segment.id,
      isHere ? offsetIn(place.element, node, selection?.anchorOffset ?? 0) : Infinity,
    );
  }

  /** Keys on a segment that has the focus: up and down go to the next one, Enter edits. */
  key(event: KeyboardEvent): void {
    const segment = this.segmentAt(event);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!segment || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (by !== undefined) this.step(segment, by);
    else if (event.key === 'Enter') this.editing.edit(segment.id);
    else return;
    event.preventDefault();
  }

  /** Edit what has the focus, else what is spoken, else the beginning. */
  edit(): void {
    const first = this.store.transcript()?.segments[0]?.id;
    const id = this.page.focusedId() ?? this.following.segment() ?? this.page.activeId() ?? first;
    if (id !== undefined) this.editing.edit(id);
  }

  private step(segment: Segment, by: number): void {
    const segments = this.store.transcript()?.segments ?? [];
    const next = segments[segments.findIndex((one) => one.id === segment.id) + by];
    if (next) this.page.focus(next.id);
  }

  /** The segment an event is about; null where that is edited, or there is none. */
  private segmentAt(event: Event): Segment | null {
    const id = (event.target as Element).closest<HTMLElement>('.segment')?.dataset['s'];
    const transcript = this.store.transcript();
    if (id === undefined || !transcript || this.editing.open()?.id === Number(id)) return null;
    return segmentOf(transcript, Number(id)) ?? null;
  }
}

import { Injectable, signal } from '@angular/core';
import type { SegmentText } from './segment-text';

/** The segments of a transcript as they stand in the page: who wants to light or scroll to one finds it here. */
@Injectable()
export class TranscriptPage {
  private readonly segments = new Map<number, SegmentText>();
  private active: SegmentText | null = null;
  /** Counts up whenever the nodes of a segment are other than before. */
  readonly written = signal(0);

  add(id: number, segment: SegmentText): void {
    this.segments.set(id, segment);
  }

  remove(id: number, segment: SegmentText): void {
    if (this.segments.get(id) === segment) this.segments.delete(id);
    if (this.active === segment) this.active = null;
  }

  find(id: number): SegmentText | undefined {
    return this.segments.get(id);
  }

  /** All that stand in the page now, in no order. */
  all(): Iterable<readonly [number, SegmentText]> {
    return this.segments;
  }

  /** Tab leads to this segment from now on. */
  activate(segment: SegmentText): void {
    if (this.active === segment) return;
    if (this.active) this.active.element.tabIndex = -1;
    segment.element.tabIndex = 0;
    this.active = segment;
  }

  /** Put the focus on a segment. */
  focus(id: number): void {
    const segment = this.find(id);
    if (!segment) return;
    this.activate(segment);
    segment.element.focus();
  }

  /** The id of the segment that has the focus, or had it last; null for none. */
  activeId(): number | null {
    return this.active?.segment().id ?? null;
  }

  /** The segment that has the focus now; null for none. */
  focusedId(): number | null {
    return this.active && this.active.element === document.activeElement ? this.activeId() : null;
  }
}

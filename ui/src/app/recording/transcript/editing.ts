import { ApplicationRef, inject, Injectable, signal } from '@angular/core';
import { position } from '../../format/amounts';
import { Notices } from '../../frame/notices';
import { words } from '../../words';
import { nameOf, type Segment, segmentOf } from './model';
import type { Operation } from './operations';
import { SegmentEditor, type Typed } from './segment-editor';
import type { SegmentText } from './segment-text';
import { joined, oneLine, spaceBetween } from './spelling';
import { splitAt } from './splitting';
import { TranscriptStore } from './transcript-store';

/** Which segment is edited, and where the caret stands at first: a place in its text. */
export interface Open {
  readonly id: number;
  readonly caret: number;
}

/** Typing into the text: one segment at a time, saved when it is left and when the typing pauses. */
@Injectable()
export class Editing {
  private readonly app = inject(ApplicationRef);
  private readonly store = inject(TranscriptStore);
  private readonly notices = inject(Notices);
  private readonly now = signal<Open | null>(null);
  private editor: SegmentEditor | null = null;
  private place: SegmentText | null = null;
  private original: Segment | null = null;
  /** What was there when this was opened or saved last: whatever else stands there now is somebody else's. */
  private base: Segment | null = null;
  private sitting = '';
  private count = 0;
  /** Where the focus goes when the editing ends; set by the view. */
  leave: (id: number) => void = () => undefined;

  /** What is edited; null for nothing. */
  readonly open = this.now.asReadonly();

  /** Begin to edit a segment, with the caret at this place or (without one) at the end. */
  edit(id: number, caret = Infinity): void {
    if (this.now()?.id === id) return;
    this.finish();
    this.now.set({ id, caret });
    // At once, not with the next frame: the keys pressed until then would go nowhere.
    this.app.tick();
  }

  /** The segment's element is there: let it be typed into. */
  start(place: SegmentText): void {
    const [segment, transcript] = [place.segment(), this.store.transcript()];
    this.place = place;
    this.original = this.base = segment;
    this.sitting = `edit ${segment.id} ${++this.count}`;
    const name = transcript && nameOf(transcript, segment.speaker);
    this.editor = new SegmentEditor(place.element, segment.text, this.now()?.caret ?? Infinity, {
      label: words.editing.editLabel(name, position(segment.start)),
      language: transcript?.language ?? null,
      typed: (text) => this.store.keepDraft({ segment: this.base ?? segment, text }),
      paused: (text) => this.save(text),
      ended: (how, typed) => this.act(how, typed),
    });
  }

  /** Save what was typed and stop; does nothing where nothing is edited. */
  finish(): void {
    const text = this.stop();
    if (text !== null) this.save(text, true);
  }

  /** An element goes: what is typed in it is saved. */
  gone(place: SegmentText): void {
    if (this.place === place) this.finish();
  }

  private act(how: 'left' | 'saved' | 'given up' | 'split' | 'back' | 'forth', typed: Typed): void {
    const id = this.now()?.id;
    if (id === undefined) return;
    if (how === 'left') return this.finish();
    if (how === 'split') return this.split(typed);
    if (how === 'back' || how === 'forth') return this.join(typed, how);
    if (how === 'saved') this.finish();
    else this.giveUp();
    this.leave(id);
  }

  /** End the editing; what was typed, null where nothing was edited. */
  private stop(): string | null {
    const text = this.editor?.close() ?? null;
    this.editor = null;
    this.place = null;
    this.store.keepDraft(null);
    this.now.set(null);
    return text;
  }

  private stored(): Segment | null {
    const [transcript, id] = [this.store.transcript(), this.original?.id];
    return (transcript && id !== undefined && segmentOf(transcript, id)) || null;
  }

  /** What has to be done so that the segment says this; nothing where it does already. */
  private written(text: string): Operation[] {
    const stored = this.stored();
    const line = oneLine(text);
    if (!stored || !line || line === oneLine(stored.text)) return [];
    return [{ op: 'edit_segment', id: stored.id, text: line }];
  }

  private save(text: string, last = false): void {
    const [base, stored] = [this.base, this.stored()];
    if (!base || oneLine(text) === oneLine(base.text)) return;
    if (stored?.text !== base.text) {
      // While somebody still types, what they typed is kept as a draft.
      if (last) this.store.dispute(base, text);
      return;
    }
    if (last && !oneLine(text)) return this.delete(base.id);
    void this.store.apply(this.written(text), words.editing.did.edited, this.sitting);
    this.base = this.stored();
    if (!last) this.store.keepDraft(null);
  }

  private delete(id: number): void {
    void this.store.apply([{ op: 'delete_segment', id }], words.editing.did.deleted);
    this.store.offerUndo(words.editing.deleted);
  }

  private giveUp(): void {
    const [original, stored, base] = [this.original, this.stored(), this.base];
    this.stop();
    // What was saved while the typing paused goes too, but nothing that somebody else has written.
    if (original && stored && stored.text === base?.text && stored.text !== original.text)
      void this.store.apply(
        [{ op: 'put_back', ids: [stored.id], segments: [original] }],
        words.editing.did.edited,
        this.sitting,
      );
  }

  private split({ text, caret }: Typed): void {
    const [stored, transcript] = [this.stored(), this.store.transcript()];
    if (stored?.text !== this.base?.text) return this.finish();
    if (!stored || !transcript) return;
    if (!oneLine(text.slice(caret))) return this.step(1, 0);
    if (!oneLine(text.slice(0, caret))) return;
    const cut = splitAt(stored, text, caret);
    if (!cut) return void this.notices.say(words.editing.noTimes);
    const next = Math.max(...transcript.segments.map((one) => one.id)) + 1;
    this.stop();
    void this.store.apply(cut, words.editing.did.split);
    this.edit(next, 0);
  }

  /** Save, and go on in the segment before or after. */
  private step(by: 1 | -1, caret: number): void {
    const next = this.neighbour(by);
    this.finish();
    if (next) this.edit(next.id, caret);
  }

  private join({ text }: Typed, direction: 'back' | 'forth'): void {
    const [stored, other] = [this.stored(), this.neighbour(direction === 'back' ? -1 : 1)];
    if (stored?.text !== this.base?.text) return this.finish();
    if (!stored || !other) return;
    const line = oneLine(text);
    if (!line) return this.step(direction === 'back' ? -1 : 1, direction === 'back' ? Infinity : 0);
    const [first, last] = direction === 'back' ? [other, stored] : [stored, other];
    const before = first === stored ? line : first.text;
    const after = first === stored ? last.text : line;
    const caret = joined(before, after).length - after.length - spaceBetween(before, after).length;
    const changes = this.written(text);
    this.stop();
    void this.store.apply(
      [...changes, { op: 'join_segments', first: first.id, last: last.id }],
      words.editing.did.joined,
    );
    this.edit(first.id, caret);
  }

  private neighbour(by: 1 | -1): Segment | undefined {
    const segments = this.store.transcript()?.segments ?? [];
    return segments[segments.findIndex((one) => one.id === this.original?.id) + by];
  }
}

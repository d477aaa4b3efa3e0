/** Changes that the server does not have yet; the tab keeps them, so that a reload loses none. */

import type { Segment, Speaker, Transcript } from './model';
import { type Operation, predicted, touched } from './operations';

/** A change on its way to the server. */
export interface Change {
  readonly operations: readonly Operation[];
  readonly words: string;
  readonly sitting: string | null;
  /** Where it goes in the history once it is made. */
  readonly kind: 'do' | 'undo' | 'redo';
  /** The segments (ids) it rests on, and those of them that were there. */
  readonly ids: readonly number[];
  readonly base: readonly Segment[];
  /** What segments say that it makes, and how speakers are called then. */
  readonly made: readonly string[];
  readonly names: string;
  /** It was sent at least once: the server may have it. */
  sent: boolean;
}

/** Somebody's typing that was not saved yet. */
export interface Draft {
  readonly segment: Segment;
  readonly text: string;
}

/** What becomes of a change when somebody else has changed the transcript. */
export type Fate = 'holds' | 'made' | 'clashes';

/** A change to a transcript as it is. */
export function changeOf(
  transcript: Transcript,
  operations: readonly Operation[],
  words: string,
  how: { sitting?: string | null; kind?: Change['kind'] } = {},
): Change {
  const ids = new Set(operations.flatMap((one) => touched(transcript, one)));
  const before = new Set(transcript.segments);
  const after = predicted(transcript, operations);
  return {
    operations,
    words,
    sitting: how.sitting ?? null,
    kind: how.kind ?? 'do',
    ids: [...ids],
    base: transcript.segments.filter((one) => ids.has(one.id)),
    made: after.segments.filter((one) => !before.has(one)).map(says),
    names: namesOf(after.speakers),
    sent: false,
  };
}

/** Somebody's typing as a change. */
export function changeOfDraft(draft: Draft, speakers: readonly Speaker[], words: string): Change {
  const alone = { segments: [draft.segment], speakers } as unknown as Transcript;
  return changeOf(alone, [{ op: 'edit_segment', id: draft.segment.id, text: draft.text }], words);
}

/** Whether a change can still be made to a transcript, was made already, or rests on what is other there. */
export function fateOf(change: Change, now: Transcript): Fate {
  const ids = new Set(change.ids);
  const stands = now.segments.filter((one) => ids.has(one.id));
  const there = new Set(now.segments.map(says));
  const left = new Set(idsMadeBy(change));
  const isMade =
    change.made.every((one) => there.has(one)) &&
    stands.every((one) => left.has(one.id)) &&
    namesOf(now.speakers) === change.names;
  if (isMade && change.sent) return 'made';
  if (same(change.base.map(says), stands.map(says))) return 'holds';
  return isMade ? 'made' : 'clashes';
}

/** The segments (ids) that a change makes or writes anew. */
export function idsMadeBy(change: Change): readonly number[] {
  return change.made.map((one) => (JSON.parse(one) as [number])[0]);
}

function says(segment: Segment): string {
  return JSON.stringify([segment.id, segment.text, segment.speaker]);
}

function namesOf(speakers: readonly Speaker[]): string {
  return JSON.stringify(speakers.map((one) => [one.id, one.name]));
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, n) => text === other[n]);
}

/** A drawer of this tab for one recording; where the browser keeps nothing it stays empty. */
export class Drawer<T> {
  private readonly name: string;

  constructor(kind: string, recording: string) {
    this.name = `auricle.${kind}.${recording}`;
  }

  read(): T | null {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }

  put(value: T | null): void {
    try {
      if (value === null) sessionStorage.removeItem(this.name);
      else sessionStorage.setItem(this.name, JSON.stringify(value));
    } catch {
      // What is on its way lasts as long as the page.
    }
  }
}

/** What was changed, so that it can be taken back exactly and made again. */

import type { Segment, Speaker, Transcript } from './model';
import type { Operation } from './operations';

type PutBack = Extract<Operation, { op: 'put_back' }>;

/** A change that was made, and the way back and forth. */
export interface Entry {
  /** What was done, in words. */
  readonly words: string;
  readonly undo: PutBack;
  readonly redo: PutBack;
  /** Changes of one sitting, as somebody types, are taken back together. */
  readonly sitting: string | null;
}

/** The ids of segments that are other in one transcript than in another, or are in one of them only. */
export function differing(one: Transcript, other: Transcript): ReadonlySet<number> {
  const [left, right] = [byId(one), byId(other)];
  const ids = new Set([...left.keys(), ...right.keys()]);
  return new Set([...ids].filter((id) => !isSame(left.get(id), right.get(id))));
}

/** Whether the speakers are the same people, shown alike; how long they talk does not count. */
export function sameSpeakers(one: readonly Speaker[], other: readonly Speaker[]): boolean {
  const key = (all: readonly Speaker[]) =>
    JSON.stringify(all.map((each) => [each.id, each.name, each.color ?? null]));
  return key(one) === key(other);
}

/** The way from `after` back to `before`, and again to `after`; null where nothing is other. */
export function entry(
  before: Transcript,
  after: Transcript,
  words: string,
  sitting: string | null,
): Entry | null {
  const ids = differing(before, after);
  const speakers = !sameSpeakers(before.speakers, after.speakers);
  if (ids.size === 0 && !speakers) return null;
  return {
    words,
    undo: wayTo(before, after, ids, speakers),
    redo: wayTo(after, before, ids, speakers),
    sitting,
  };
}

/** Two changes of one sitting as one. */
export function together(first: Entry, second: Entry): Entry {
  return { ...second, undo: over(second.undo, first.undo), redo: over(first.redo, second.redo) };
}

/** The segments a way back or forth puts something in the place of. */
export function reach(entry: Entry): ReadonlySet<number> {
  return new Set([...entry.undo.ids, ...entry.redo.ids]);
}

function wayTo(
  there: Transcript,
  here: Transcript,
  ids: ReadonlySet<number>,
  speakers: boolean,
): PutBack {
  return {
    op: 'put_back',
    ids: here.segments.filter((one) => ids.has(one.id)).map((one) => one.id),
    segments: there.segments.filter((one) => ids.has(one.id)),
    ...(speakers && { speakers: there.speakers }),
  };
}

/** One way after another: what the second puts somewhere stands instead of what the first did. */
function over(first: PutBack, second: PutBack): PutBack {
  const replaced = new Set(second.ids);
  const made = new Set(first.segments.map((one) => one.id));
  const speakers = second.speakers ?? first.speakers;
  return {
    op: 'put_back',
    ids: [...new Set([...first.ids, ...second.ids.filter((id) => !made.has(id))])],
    segments: [...first.segments.filter((one) => !replaced.has(one.id)), ...second.segments],
    ...(speakers && { speakers }),
  };
}

function byId(transcript: Transcript): ReadonlyMap<number, Segment> {
  return new Map(transcript.segments.map((one) => [one.id, one]));
}

function isSame(one: Segment | undefined, other: Segment | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** What was changed, so that it can be taken back exactly and made again. */

import type { Segment, Speaker, Transcript } from './model';
import type { Operation } from './operations';

type PutBack = Extract<Operation, { op: 'put_back' }>;

/** What is remembered to be undone. */
const LONGEST = 200;

/** A change that was made, and the way back and forth. */
export interface Entry {
  /** The change, or the last of its sitting. */
  readonly of: string;
  /** What was done, in words. */
  readonly words: string;
  readonly undo: PutBack;
  readonly redo: PutBack;
  /** Changes of one sitting, as somebody types, are taken back together. */
  readonly sitting: string | null;
}

/** What can be taken back and what can be made again, the last change last. */
export interface History {
  readonly undos: readonly Entry[];
  readonly redos: readonly Entry[];
}

/** What becomes of the history by a change. */
export interface Step {
  readonly id: string;
  readonly words: string;
  readonly sitting: string | null;
  readonly kind: 'do' | 'undo' | 'redo';
  /** The change that is taken back or made again. */
  readonly target: string | null;
}

/** The history after a change; an undone change can be made again, until something else is changed. */
export function remembered(
  history: History,
  step: Step,
  before: Transcript,
  after: Transcript,
): History {
  const made = entry(before, after, step);
  if (step.kind === 'do') return made ? { undos: grown(history.undos, made), redos: [] } : history;
  const { undos, redos } = without(history, (one) => one.of === step.target);
  if (!made) return { undos, redos };
  if (step.kind === 'redo') return { undos: [...undos, made], redos };
  return { undos, redos: [...redos, { ...made, undo: made.redo, redo: made.undo }] };
}

/** The history without some of its entries. */
export function without(history: History, goes: (one: Entry) => boolean): History {
  const stays = (one: Entry) => !goes(one);
  return { undos: history.undos.filter(stays), redos: history.redos.filter(stays) };
}

/** The history without what somebody else has changed since: undo and redo leave that alone. */
export function spared(history: History, before: Transcript, now: Transcript): History {
  const other = differing(before, now);
  const names = !sameSpeakers(before.speakers, now.speakers);
  return without(
    history,
    (one) =>
      (names && one.undo.speakers !== undefined) || [...reach(one)].some((id) => other.has(id)),
  );
}

function grown(undos: readonly Entry[], made: Entry): readonly Entry[] {
  const last = undos.at(-1);
  const continues = last && made.sitting !== null && last.sitting === made.sitting;
  const list = continues ? [...undos.slice(0, -1), together(last, made)] : [...undos, made];
  return list.slice(-LONGEST);
}

/** The ids of segments that are other in one transcript than in another, or are in one of them only. */
function differing(one: Transcript, other: Transcript): ReadonlySet<number> {
  const [left, right] = [byId(one), byId(other)];
  const ids = new Set([...left.keys(), ...right.keys()]);
  return new Set([...ids].filter((id) => !isSame(left.get(id), right.get(id))));
}

/** Whether the speakers are the same people, shown alike; how long they talk does not count. */
function sameSpeakers(one: readonly Speaker[], other: readonly Speaker[]): boolean {
  const key = (all: readonly Speaker[]) =>
    JSON.stringify(all.map((each) => [each.id, each.name, each.color ?? null]));
  return key(one) === key(other);
}

/** The way from `after` back to `before`, and again to `after`; null where nothing is other. */
function entry(before: Transcript, after: Transcript, step: Step): Entry | null {
  const ids = differing(before, after);
  const speakers = !sameSpeakers(before.speakers, after.speakers);
  if (ids.size === 0 && !speakers) return null;
  return {
    of: step.target ?? step.id,
    words: step.words,
    undo: wayTo(before, after, ids, speakers),
    redo: wayTo(after, before, ids, speakers),
    sitting: step.sitting,
  };
}

/** Two changes of one sitting as one. */
function together(first: Entry, second: Entry): Entry {
  return { ...second, undo: over(second.undo, first.undo), redo: over(first.redo, second.redo) };
}

/** The segments a way back or forth puts something in the place of. */
function reach(entry: Entry): ReadonlySet<number> {
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

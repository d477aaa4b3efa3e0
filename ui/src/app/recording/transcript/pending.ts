/** Changes that the server does not have yet, and what becomes of them when others change the transcript too. */

import type { Step } from './history';
import { type Segment, segmentOf, type Speaker, type Transcript } from './model';
import { type Operation, predicted, putBack, touched } from './operations';

/** A change on its way to the server. */
export interface Change extends Step {
  readonly operations: readonly Operation[];
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

/** Two texts of which one has to be chosen; `theirs` is null where the segment is gone. */
export interface Clash {
  readonly mine: { readonly segment: Segment; readonly text: string };
  readonly theirs: Segment | null;
  /** Why the server did not take ours; null where somebody else was quicker. */
  readonly why: string | null;
  /** There is nothing any more that ours could be written into. */
  readonly erased: boolean;
}

/** What becomes of a change when somebody else has changed the transcript. */
export type Fate = 'holds' | 'made' | 'clashes';

let count = 0;

/** A change to a transcript as it is. */
export function changeOf(
  transcript: Transcript,
  operations: readonly Operation[],
  words: string,
  how: Partial<Omit<Step, 'words'>> = {},
): Change {
  const ids = new Set(operations.flatMap((one) => touched(transcript, one)));
  const before = new Set(transcript.segments);
  const after = predicted(transcript, operations);
  return {
    // Also after a reload of the page, which keeps changes, no other change is called so.
    id: how.id ?? `${performance.timeOrigin}.${++count}`,
    operations,
    words,
    sitting: how.sitting ?? null,
    kind: how.kind ?? 'do',
    target: how.target ?? null,
    ids: [...ids],
    base: transcript.segments.filter((one) => ids.has(one.id)),
    made: after.segments.filter((one) => !before.has(one)).map(whole),
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
  const there = new Set(now.segments.map(whole));
  const left = new Set(idsMadeBy(change));
  const isMade =
    change.made.every((one) => there.has(one)) &&
    stands.every((one) => left.has(one.id)) &&
    namesOf(now.speakers) === change.names;
  if (isMade && change.sent) return 'made';
  if (same(change.base.map(says), stands.map(says))) return 'holds';
  return isMade ? 'made' : 'clashes';
}

/** Which changes of a queue can still be made to a transcript, which it has already, and which are lost to their author. */
export function sifted(
  queue: readonly Change[],
  now: Transcript,
): Record<'left' | 'made' | 'lost', readonly Change[]> {
  const [left, made, lost]: [Change[], Change[], Change[]] = [[], [], []];
  const clashing = new Set<string>();
  let reached = now;
  for (const change of queue) {
    // Where a change cannot be made, there is nothing to take back or to make again.
    if (change.target !== null && clashing.has(change.target)) continue;
    const fate = fateOf(change, reached);
    if (fate === 'holds') {
      left.push(change);
      reached = predicted(reached, change.operations);
    } else if (fate === 'made') {
      made.push(change);
    } else {
      clashing.add(change.id);
      if (!isTakenBack(change, queue)) lost.push(change);
    }
  }
  return { left, made, lost };
}

/** Whether a change in a queue is taken back in it, and not made again. */
export function isTakenBack(change: Change, queue: readonly Change[]): boolean {
  return queue.filter((one) => one.target === change.id).length % 2 === 1;
}

/** A transcript with just that of a newer one that a change has made. */
export function withOwn(change: Change, before: Transcript, now: Transcript): Transcript {
  const ids = new Set([...change.ids, ...idsMadeBy(change)]);
  const own = (all: Transcript) => all.segments.filter((one) => ids.has(one.id));
  const gone = own(before).map((one) => one.id);
  return putBack(before, gone, own(now), now.speakers);
}

/** What was typed in a change, to be decided on; null where nothing was typed. */
export function clashOf(
  change: Change,
  now: Transcript | null,
  why: Pick<Clash, 'why' | 'erased'>,
): Clash | null {
  const typed = change.operations.findLast(
    (one) => one.op === 'edit_segment' && one.text !== undefined,
  );
  const segment = typed?.op === 'edit_segment' && change.base.find((one) => one.id === typed.id);
  if (!segment || typed.text === undefined) return null;
  const theirs = (now && segmentOf(now, segment.id)) ?? null;
  return { mine: { segment, text: typed.text }, theirs, ...why };
}

/** The segments (ids) that a change makes or writes anew. */
function idsMadeBy(change: Change): readonly number[] {
  return change.made.map((one) => (JSON.parse(one) as [number])[0]);
}

function says(segment: Segment): string {
  return JSON.stringify([segment.id, segment.text, segment.speaker]);
}

/** What a segment says, and what of that somebody has checked. */
function whole(segment: Segment): string {
  const checked = segment.words.map((word) => (word.checked ? 1 : 0));
  return JSON.stringify([segment.id, segment.text, segment.speaker, segment.flags, checked]);
}

function namesOf(speakers: readonly Speaker[]): string {
  return JSON.stringify(speakers.map((one) => [one.id, one.name, one.color ?? null]));
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, n) => text === other[n]);
}

/** Segments as a reader sees them: turns of speakers, in paragraphs of readable length. */

import type { Segment, Transcript } from './model';

export interface Paragraph {
  /** The id of its first segment. */
  readonly id: number;
  readonly segments: readonly Segment[];
  readonly speaker: string | null;
  /** Seconds. */
  readonly start: number;
  /** Somebody else spoke before. */
  readonly turn: boolean;
}

/** A paragraph longer than this (s) ends with the next segment. */
const LONG = 60;
/** So does one before a pause as long as this (s). */
const PAUSE = 3;

/** The paragraphs of a transcript; those that are as they were before are the same objects. */
export function paragraphsOf(
  transcript: Transcript,
  before: readonly Paragraph[] = [],
): readonly Paragraph[] {
  const known = new Map(before.map((one) => [one.id, one]));
  const paragraphs: Paragraph[] = [];
  let run: Segment[] = [];
  const close = () => {
    const made = paragraph(run, paragraphs.at(-1));
    const old = known.get(made.id);
    paragraphs.push(old && isSame(old, made) ? old : made);
  };
  for (const segment of transcript.segments) {
    if (run.length && isNew(run, segment)) {
      close();
      run = [];
    }
    run.push(segment);
  }
  if (run.length) close();
  return paragraphs;
}

function isNew(run: readonly Segment[], next: Segment): boolean {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return false;
  const isLong = last.end - first.start >= LONG;
  return next.speaker !== last.speaker || isLong || next.start - last.end >= PAUSE;
}

function paragraph(run: readonly Segment[], before: Paragraph | undefined): Paragraph {
  const { id, speaker, start } = run[0] as Segment;
  return { id, speaker, start, segments: run, turn: before?.speaker !== speaker };
}

function isSame(one: Paragraph, other: Paragraph): boolean {
  return (
    one.turn === other.turn &&
    one.segments.length === other.segments.length &&
    one.segments.every((segment, n) => segment === other.segments[n])
  );
}

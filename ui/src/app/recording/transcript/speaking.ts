/** What has to be done so that somebody else said something. */

import { colorOf, COLORS, type Segment, type Transcript } from './model';
import { newSpeaker, type Operation, predicted } from './operations';
import { oneLine } from './spelling';

/** How far a change of speaker goes. */
export type Scope = 'everywhere' | 'from here' | 'here';

/** A change of who is speaking in a paragraph, or (without one) in the whole transcript. */
export interface Change {
  /** The speaker's id; null for nobody. */
  readonly speaker: string | null;
  /** What they are called from now on. */
  readonly name: string;
  readonly scope: Scope;
  /** The segments of the paragraph that was chosen. */
  readonly segments: readonly Segment[];
}

/** The operations of a change; none where nothing would be other. */
export function speakerChange(transcript: Transcript, change: Change): readonly Operation[] {
  const operations = renaming(transcript, change);
  return operations.length ? [...operations, ...steadyColors(transcript, operations)] : [];
}

function renaming(transcript: Transcript, change: Change): readonly Operation[] {
  const name = oneLine(change.name);
  const known = transcript.speakers.find((one) => one.name === name);
  if (!name || (known && known.id === change.speaker)) return [];
  const { speaker, scope } = change;
  if (scope === 'here') return spokenBy(transcript, change.segments, name);
  if (speaker === null) return spokenBy(transcript, unnamed(transcript, change), name);
  if (scope === 'from here') {
    const first = change.segments[0]?.id;
    return first === undefined ? [] : [{ op: 'assign_speaker', first, speaker, name }];
  }
  if (known) return [{ op: 'merge_speakers', speaker, into: known.id }];
  return [{ op: 'rename_speaker', speaker, name }];
}

/** Nobody changes colour because somebody else came or went, and who comes gets one that is free. */
function steadyColors(before: Transcript, operations: readonly Operation[]): readonly Operation[] {
  const after = predicted(before, operations);
  const were = new Map(before.speakers.map((one) => [one.id, colorOf(before, one.id) ?? 0]));
  const taken = new Set(after.speakers.map((one) => were.get(one.id)));
  return after.speakers.flatMap(({ id }, place) => {
    const old = were.get(id);
    const free = Array.from({ length: COLORS }, (_, n) => n).find((n) => !taken.has(n));
    const color = old ?? free ?? place % COLORS;
    taken.add(color);
    return color === colorOf(after, id)
      ? []
      : [{ op: 'color_speaker', speaker: id, color } as const];
  });
}

/** What nobody is said to say: all of it, or from the paragraph on. */
function unnamed(transcript: Transcript, { scope, segments }: Change): readonly Segment[] {
  const start = scope === 'from here' ? (segments[0]?.start ?? 0) : -1;
  return transcript.segments.filter((one) => one.speaker === null && one.start >= start);
}

function spokenBy(
  transcript: Transcript,
  segments: readonly Segment[],
  name: string,
): readonly Operation[] {
  const known = transcript.speakers.find((one) => one.name === name)?.id;
  const speaker = known ?? newSpeaker(transcript);
  const edits = segments.map(({ id }) => ({ op: 'edit_segment', id, speaker }) as const);
  return known ? edits : [...edits, { op: 'rename_speaker', speaker, name }];
}

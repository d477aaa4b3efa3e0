/** What of a transcript is drawn along the sound: turns and doubtful words. */

import { colorOf, type Transcript, type WordPlace } from './transcript/model';
import type { Band } from './waveform-marks';

/** Segments of one speaker this close (s) to each other are one band. */
const CLOSE = 1;

/** Who speaks when; nothing where only one person is known to speak. */
export function speakerBands(transcript: Transcript | null): Band[] {
  if (transcript === null || transcript.speakers.length < 2) return [];
  const colors = new Map(transcript.speakers.map(({ id }) => [id, colorOf(transcript, id) ?? 0]));
  const bands: { start: number; end: number; color: number }[] = [];
  for (const { start, end, speaker } of transcript.segments) {
    const color = speaker === null ? undefined : colors.get(speaker);
    if (color === undefined) continue;
    const last = bands.at(-1);
    if (last?.color === color && start - last.end < CLOSE) last.end = Math.max(last.end, end);
    else bands.push({ start, end, color });
  }
  return bands;
}

/** Where the doubtful words are, in seconds and in order. */
export function doubtTimes(
  transcript: Transcript | null,
  doubtful: readonly WordPlace[],
): number[] {
  if (transcript === null) return [];
  const segments = new Map(transcript.segments.map((one) => [one.id, one]));
  return doubtful
    .map(({ segment, word }) => segments.get(segment)?.words[word]?.start)
    .filter((time) => time !== undefined)
    .sort((one, other) => one - other);
}

/** A transcript as the JSON format has it, and where in it something stands. */

/** One word as written; times are seconds from the beginning, confidence is 0..1. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number | null;
  readonly speaker: string | null;
  /** A person has confirmed or written it. */
  readonly checked?: boolean;
}

/** A stretch of speech by one speaker, usually a sentence; `words` may be empty. */
export interface Segment {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly speaker: string | null;
  readonly confidence: number | null;
  readonly no_speech_probability: number | null;
  readonly flags: readonly string[];
  readonly words: readonly Word[];
}

export interface Speaker {
  readonly id: string;
  readonly name: string;
  /** Seconds. */
  readonly talk_seconds: number;
  /** 0..7; chosen by somebody. */
  readonly color?: number | null;
}

export interface Transcript {
  readonly language: string | null;
  readonly duration: number;
  readonly segments: readonly Segment[];
  readonly speakers: readonly Speaker[];
  readonly made_with: {
    readonly engine: string;
    readonly model: string;
    readonly device: string;
    readonly compute_type: string | null;
    readonly diarizer: string | null;
    readonly options: Readonly<Record<string, unknown>>;
    readonly timings: Readonly<Record<string, number>>;
    readonly warnings: readonly string[];
    readonly auricle: string;
    readonly revision: string | null;
  };
}

/** A word's place: the id of its segment, and its number in it from 0. */
export interface WordPlace {
  readonly segment: number;
  readonly word: number;
}

/** How many colours speakers are shown in. */
export const COLORS = 8;

/** The colour (0..7) a speaker is shown in: the one chosen, else by the order of speakers; null for nobody. */
export function colorOf(transcript: Transcript, speaker: string | null): number | null {
  const place = transcript.speakers.findIndex((one) => one.id === speaker);
  return place < 0 ? null : (transcript.speakers[place]?.color ?? place % COLORS);
}

/** What people call a speaker; null for nobody. */
export function nameOf(transcript: Transcript, speaker: string | null): string | null {
  return transcript.speakers.find((one) => one.id === speaker)?.name ?? speaker;
}

/** What a reader should doubt in a whole passage. */
const DOUBTS = ['repetition', 'no-speech', 'speaking-rate', 'low-confidence'] as const;

/** Why a passage may not be what was said; times that were estimated do not make its text doubtful. */
export function doubtsOf(segment: Segment): readonly (typeof DOUBTS)[number][] {
  return DOUBTS.filter((flag) => segment.flags.includes(flag));
}

export function segmentOf(transcript: Transcript, id: number): Segment | undefined {
  return transcript.segments.find((one) => one.id === id);
}

/** The number of the last of some ordered things that begins by this time; -1 where none does. */
export function lastBy(things: readonly { readonly start: number }[], time: number): number {
  let [low, high] = [0, things.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((things[middle]?.start ?? Infinity) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The word that is spoken at a time, or was spoken last; null before the first. */
export function wordAt(transcript: Transcript, time: number): WordPlace | null {
  const segment = transcript.segments[lastBy(transcript.segments, time)];
  return segment ? { segment: segment.id, word: Math.max(0, lastBy(segment.words, time)) } : null;
}

/** The changes a transcript can have, and what each does: the page shows that before the server has answered. */

import type { Segment, Speaker, Transcript, Word } from './model';
import { reworded } from './rewording';
import { expression, joined, oneLine } from './spelling';

/** One change, as `PATCH /recordings/{id}/transcript` takes it. */
export type Operation =
  | {
      readonly op: 'edit_segment';
      readonly id: number;
      readonly text?: string;
      readonly speaker?: string;
    }
  | { readonly op: 'split_segment'; readonly id: number; readonly word: number }
  | { readonly op: 'join_segments'; readonly first: number; readonly last: number }
  | { readonly op: 'delete_segment'; readonly id: number }
  | { readonly op: 'rename_speaker'; readonly speaker: string; readonly name: string }
  | { readonly op: 'color_speaker'; readonly speaker: string; readonly color: number }
  | { readonly op: 'merge_speakers'; readonly speaker: string; readonly into: string }
  | {
      readonly op: 'assign_speaker';
      readonly first: number;
      readonly speaker: string;
      readonly name: string;
    }
  | {
      readonly op: 'replace_text';
      readonly find: string;
      readonly by: string;
      readonly match_case: boolean;
      readonly whole_words: boolean;
    }
  | {
      readonly op: 'check_words' | 'uncheck_words';
      readonly id: number;
      readonly first: number;
      readonly last: number;
    }
  | {
      readonly op: 'put_back';
      readonly ids: readonly number[];
      readonly segments: readonly Segment[];
      readonly speakers?: readonly Speaker[];
    };

/** A transcript after some changes, as the server will have it but for the times of new words. */
export function predicted(transcript: Transcript, operations: readonly Operation[]): Transcript {
  return operations.reduce(after, transcript);
}

/** The segments (ids) whose content a change rests on; none where it means the same in any transcript. */
export function touched(transcript: Transcript, operation: Operation): readonly number[] {
  switch (operation.op) {
    case 'join_segments': {
      const [first, last] = [operation.first, operation.last].map((id) => placeOf(transcript, id));
      return transcript.segments.slice(first, (last ?? 0) + 1).map((one) => one.id);
    }
    case 'put_back':
      return [...new Set([...operation.ids, ...operation.segments.map((one) => one.id)])];
    default:
      return 'id' in operation ? [operation.id] : [];
  }
}

function after(transcript: Transcript, operation: Operation): Transcript {
  switch (operation.op) {
    case 'edit_segment':
      return edited(transcript, operation);
    case 'split_segment':
      return split(transcript, operation.id, operation.word);
    case 'join_segments':
      return merged(transcript, touched(transcript, operation));
    case 'delete_segment':
      return withSegments(
        transcript,
        transcript.segments.filter((one) => one.id !== operation.id),
      );
    case 'rename_speaker':
      return withSpeaker(transcript, operation.speaker, { name: oneLine(operation.name) });
    case 'color_speaker':
      return withSpeaker(transcript, operation.speaker, { color: operation.color });
    case 'merge_speakers':
      return moved(transcript, operation.speaker, operation.into, 0);
    case 'assign_speaker':
      return assigned(transcript, operation.first, operation.speaker, oneLine(operation.name));
    case 'replace_text':
      return replaced(transcript, operation);
    case 'check_words':
    case 'uncheck_words':
      return marked(transcript, operation, operation.op === 'check_words');
    case 'put_back':
      return putBack(transcript, operation.ids, operation.segments, operation.speakers);
  }
}

type Of<Name extends Operation['op']> = Extract<Operation, { op: Name }>;

function placeOf(transcript: Transcript, id: number): number {
  return transcript.segments.findIndex((one) => one.id === id);
}

function change(
  transcript: Transcript,
  id: number,
  how: (segment: Segment) => Segment,
): Transcript {
  const segments = transcript.segments.map((one) => (one.id === id ? how(one) : one));
  return withSegments(transcript, segments);
}

function edited(transcript: Transcript, operation: Of<'edit_segment'>): Transcript {
  return change(transcript, operation.id, (old) => {
    const said = operation.text === undefined ? old : saying(old, operation.text);
    const speaker = operation.speaker === undefined ? old.speaker : operation.speaker || null;
    const words = said.words.map((word) =>
      word.speaker === speaker ? word : { ...word, speaker },
    );
    // Who reads the text again doubts it no longer; who names a speaker need not have read it.
    const flags = operation.text === undefined ? old.flags : [];
    return { ...said, speaker, words, flags };
  });
}

/** The segment with another text: words that stay keep their times. */
function saying(segment: Segment, text: string): Segment {
  const line = oneLine(text);
  const confidence = line === segment.text ? segment.confidence : null;
  return { ...segment, text: line, confidence, words: reworded(segment, line) };
}

function split(transcript: Transcript, id: number, word: number): Transcript {
  const old = transcript.segments[placeOf(transcript, id)];
  const [left, right] = [old?.words.slice(0, word) ?? [], old?.words.slice(word) ?? []];
  const [last, first] = [left.at(-1), right[0]];
  if (!old || !last || !first) return transcript;
  const next = Math.max(...transcript.segments.map((one) => one.id)) + 1;
  const start = Math.max(first.start, last.end);
  const halves = [
    { ...old, end: last.end, text: textOf(left), words: left },
    { ...old, id: next, start, text: textOf(right), words: right },
  ];
  return withSegments(
    transcript,
    transcript.segments.flatMap((one) => (one === old ? halves : [one])),
  );
}

function textOf(words: readonly Word[]): string {
  return words.map((one) => one.text).reduce((left, right) => joined(left, right), '');
}

function merged(transcript: Transcript, ids: readonly number[]): Transcript {
  const some = transcript.segments.filter((one) => ids.includes(one.id));
  const first = some[0];
  if (!first || some.length < 2) return transcript;
  const one: Segment = {
    ...first,
    end: Math.max(...some.map((each) => each.end)),
    text: some.map((each) => each.text).reduce(joined),
    words: some.flatMap((each) => each.words.map((w) => ({ ...w, speaker: first.speaker }))),
    confidence: null,
    flags: [...new Set(some.flatMap((each) => each.flags))],
  };
  const segments = transcript.segments.flatMap((each) =>
    each === first ? [one] : ids.includes(each.id) ? [] : [each],
  );
  return withSegments(transcript, segments);
}

/** Many words are checked at once: neither the order of time nor who speaks is looked at again. */
function marked(
  transcript: Transcript,
  { id, first, last }: { id: number; first: number; last: number },
  checked: boolean,
): Transcript {
  const place = placeOf(transcript, id);
  const words = transcript.segments[place]?.words.map((word, n) =>
    n >= first && n <= last ? { ...word, checked } : word,
  );
  const old = transcript.segments[place];
  if (!old || !words) return transcript;
  return { ...transcript, segments: transcript.segments.with(place, { ...old, words }) };
}

/** Another text wherever it stands; a passage of which nothing is left goes. */
function replaced(transcript: Transcript, operation: Of<'replace_text'>): Transcript {
  const found = expression({
    find: operation.find,
    matchCase: operation.match_case,
    wholeWords: operation.whole_words,
  });
  if (!found) return transcript;
  const segments = transcript.segments.flatMap((one) => {
    const text = one.text.replace(found, () => operation.by);
    if (text === one.text) return [one];
    return oneLine(text) ? [{ ...saying(one, text), flags: [] }] : [];
  });
  return withSegments(transcript, segments);
}

function assigned(
  transcript: Transcript,
  first: number,
  speaker: string,
  name: string,
): Transcript {
  const into = transcript.speakers.find((one) => one.name === name)?.id ?? newSpeaker(transcript);
  const speakers = transcript.speakers.some((one) => one.id === into)
    ? transcript.speakers
    : [...transcript.speakers, { id: into, name, talk_seconds: 0 }];
  return moved({ ...transcript, speakers }, speaker, into, placeOf(transcript, first));
}

/** An id that no speaker has. */
export function newSpeaker(transcript: Transcript): string {
  const taken = new Set(transcript.speakers.map((one) => one.id));
  for (let number = 1; ; number++) if (!taken.has(`speaker-${number}`)) return `speaker-${number}`;
}

/** All that one speaker says from a place on was said by another; who says nothing any more goes. */
function moved(transcript: Transcript, speaker: string, into: string, from: number): Transcript {
  const segments = transcript.segments.map((one, place) =>
    place < from || one.speaker !== speaker
      ? one
      : {
          ...one,
          speaker: into,
          words: one.words.map((word) =>
            word.speaker === speaker ? { ...word, speaker: into } : word,
          ),
        },
  );
  const talks = segments.some((one) => one.speaker === speaker);
  const speakers = transcript.speakers.filter((one) => talks || one.id !== speaker);
  return withSegments({ ...transcript, speakers }, segments);
}

function withSpeaker(transcript: Transcript, id: string, what: Partial<Speaker>): Transcript {
  const speakers = transcript.speakers.map((one) => (one.id === id ? { ...one, ...what } : one));
  return { ...transcript, speakers };
}

/** Segments in the place of those with these ids, and speakers in that of all. */
export function putBack(
  transcript: Transcript,
  ids: readonly number[],
  segments: readonly Segment[],
  speakers: readonly Speaker[] = transcript.speakers,
): Transcript {
  const gone = new Set(ids);
  const kept = transcript.segments.filter((one) => !gone.has(one.id));
  const place = transcript.segments.findIndex((one) => gone.has(one.id));
  const at = place < 0 ? kept.length : place;
  return withSegments({ ...transcript, speakers }, [
    ...kept.slice(0, at),
    ...segments,
    ...kept.slice(at),
  ]);
}

/** The transcript with these segments in the order of time, and what each speaker now says. */
function withSegments(transcript: Transcript, segments: readonly Segment[]): Transcript {
  const ordered = [...segments].sort((a, b) => a.start - b.start || a.end - b.end);
  const talk = new Map<string, number>();
  for (const one of ordered)
    if (one.speaker !== null)
      talk.set(one.speaker, (talk.get(one.speaker) ?? 0) + one.end - one.start);
  const known = new Set(transcript.speakers.map((one) => one.id));
  const named = [...talk.keys()].filter((id) => !known.has(id)).map((id) => ({ id, name: id }));
  const speakers = [...transcript.speakers, ...named].map((one) => ({
    ...one,
    talk_seconds: talk.get(one.id) ?? 0,
  }));
  return { ...transcript, segments: ordered, speakers };
}

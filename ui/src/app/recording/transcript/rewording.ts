/**
 * The words of a text that was changed, as the server will have them: those that stay keep their times.
 *
 * The same as `src/auricle/transcript/rewording.py`; both are tested with `tests/transcript/rewording.json`.
 */

import type { Segment, Word } from './model';
import { isSpoken } from './spelling';

/** Chinese and Japanese, which put no space anywhere; Thai, Lao, Burmese and Khmer, which put none between words. */
const SPACELESS =
  '\\u2e80-\\u2fdf\\u3000-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff' +
  '\\uff00-\\uff60\\u{20000}-\\u{3ffff}\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff';
/** Signs that belong to the letter before them, and letters that are written below one. */
const SIGNS =
  '(?:[\\p{M}\\u0e33\\u0eb3\\u200c\\u200d]|(?<=[\\u0e3a\\u0eba\\u1039\\u103a\\u17d2])\\p{Lo})*';
/** One character of a script without spaces with its signs, or all up to the next such. */
const PART = new RegExp(`[${SPACELESS}]${SIGNS}|[^${SPACELESS}]+`, 'gu');
const OPENS = /[\p{Ps}\p{Pi}]$/u;

/** What is compared: a word, or one character of a script without spaces. */
interface Unit {
  readonly text: string;
  /** It comes after a space. */
  readonly spaced: boolean;
}

/** An old word (its number) that the units from `first` to before `end` write now. */
interface Stay {
  readonly word: number;
  readonly first: number;
  readonly end: number;
}

/** The words of a segment that says `text` now; none has a space in it. Without words it gets none. */
export function reworded(segment: Segment, text: string): readonly Word[] {
  const old = segment.words;
  if (!old.length) return [];
  const units = unitsOf(text);
  const words: Word[] = [];
  let [gone, written] = [0, 0];
  for (const stay of [...stays(old, units), atEnd(old.length, units)]) {
    const texts = textsOf(units.slice(written, stay.first));
    const start = old.slice(gone, stay.word)[0]?.start ?? words.at(-1)?.end ?? segment.start;
    const next = old[stay.word]?.start ?? segment.end;
    const stop = gone < stay.word ? (old[stay.word - 1]?.end ?? next) : next;
    words.push(...spread(texts, start, Math.max(start, stop), segment.speaker));
    const word = old[stay.word];
    if (word) words.push(spelled(word, textsOf(units.slice(stay.first, stay.end))[0] ?? ''));
    [gone, written] = [stay.word + 1, stay.end];
  }
  return words;
}

function atEnd(word: number, units: readonly Unit[]): Stay {
  return { word, first: units.length, end: units.length };
}

function unitsOf(text: string): readonly Unit[] {
  return text
    .split(/\s+/u)
    .filter(Boolean)
    .flatMap((chunk) =>
      [...chunk.matchAll(PART)].map(([part], n) => ({ text: part, spaced: n === 0 })),
    );
}

/** What is compared of a unit: case and punctuation do not count. */
function plain(text: string): string {
  // In capitals first: ß and SS are the same.
  return (
    text
      .replace(/[^\p{L}\p{N}_]+/gu, '')
      .toUpperCase()
      .toLowerCase() || text
  );
}

/** The old words of which every letter stays, with no other between and no space inside. */
function stays(words: readonly Word[], units: readonly Unit[]): readonly Stay[] {
  const parts = words.map((word) => unitsOf(word.text));
  const pairs = aligned(
    parts.flat().map((one) => plain(one.text)),
    units.map((one) => plain(one.text)),
  );
  const found: Stay[] = [];
  const owners = new Map<number, number>();
  let at = 0;
  for (const [word, part] of parts.entries()) {
    const places = part.map((_, n) => pairs.get(at + n));
    at += part.length;
    for (const place of places) if (place !== undefined) owners.set(place, word);
    const spoken = places.filter((_, n) => isSpoken(part[n]?.text ?? ''));
    const needed = spoken.length ? spoken : places;
    const known = needed.filter((place) => place !== undefined);
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined || known.length < needed.length) continue;
    const whole = units
      .slice(first, last + 1)
      .every(
        (one, n) => (known.includes(first + n) || !isSpoken(one.text)) && (n === 0 || !one.spaced),
      );
    if (whole) found.push({ word, first, end: last + 1 });
  }
  return withPunctuation(found, units, owners);
}

/** Give words the punctuation that no space parts from them; `owners`: whose a unit was before. */
function withPunctuation(
  stays: readonly Stay[],
  units: readonly Unit[],
  owners: ReadonlyMap<number, number>,
): readonly Stay[] {
  const silent = (unit: Unit | undefined) => unit !== undefined && !isSpoken(unit.text);
  const found: Stay[] = [];
  for (const [number, stay] of stays.entries()) {
    const after = stays[number + 1] ?? atEnd(-1, units);
    const least = found.at(-1)?.end ?? 0;
    let { first, end } = stay;
    while (first > least && !units[first]?.spaced && silent(units[first - 1])) first--;
    while (end < after.first && !units[end]?.spaced && silent(units[end])) {
      const owner = owners.get(end);
      const opens = OPENS.test(units[end]?.text ?? '');
      if (owner === undefined ? opens : owner === after.word) break;
      end++;
    }
    found.push({ word: stay.word, first, end });
  }
  return found;
}

/**
 * Which of the old is which of the new: what is the same at both ends, then the longest common runs.
 *
 * Those are found as Ratcliff and Obershelp do, and Python's difflib.
 */
function aligned(old: readonly string[], now: readonly string[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  const most = Math.min(old.length, now.length);
  let [head, tail] = [0, 0];
  for (; head < most && old[head] === now[head]; head++) pairs.set(head, head);
  for (; tail < most - head && old.at(-1 - tail) === now.at(-1 - tail); tail++)
    pairs.set(old.length - 1 - tail, now.length - 1 - tail);
  const left = [[head, old.length - tail, head, now.length - tail] as const];
  for (let stretch = left.pop(); stretch; stretch = left.pop()) {
    const [begin, end, from, to] = stretch;
    const [i, j, size] = longest(old, now, stretch);
    if (!size) continue;
    for (let n = 0; n < size; n++) pairs.set(i + n, j + n);
    left.push([begin, i, from, j], [i + size, end, j + size, to]);
  }
  return pairs;
}

/** Where the longest common run begins in each, the first of several, and how long it is. */
function longest(
  old: readonly string[],
  now: readonly string[],
  [begin, end, from, to]: readonly [number, number, number, number],
): readonly [number, number, number] {
  const places = new Map<string, number[]>();
  for (let j = from; j < to; j++) {
    const there = places.get(now[j] ?? '');
    if (there) there.push(j);
    else places.set(now[j] ?? '', [j]);
  }
  let best: readonly [number, number, number] = [begin, from, 0];
  let before = new Map<number, number>();
  for (let i = begin; i < end; i++) {
    const here = new Map<number, number>();
    for (const j of places.get(old[i] ?? '') ?? []) {
      const size = (before.get(j - 1) ?? 0) + 1;
      here.set(j, size);
      if (size > best[2]) best = [i - size + 1, j - size + 1, size];
    }
    before = here;
  }
  return best;
}

/** What units write, cut at spaces. */
function textsOf(units: readonly Unit[]): readonly string[] {
  const texts: string[] = [];
  for (const one of units)
    if (texts.length && !one.spaced) texts.push((texts.pop() ?? '') + one.text);
    else texts.push(one.text);
  return texts;
}

/** A word that stays; who changes its case or its comma has looked at it. */
function spelled(word: Word, text: string): Word {
  return word.text === text ? word : { ...word, text, checked: true };
}

/** A stretch of time shared out to words by their length. */
function spread(
  texts: readonly string[],
  start: number,
  end: number,
  speaker: string | null,
): readonly Word[] {
  const length = (text: string) => [...text].length;
  const total = texts.reduce((sum, text) => sum + length(text), 0);
  let reached = 0;
  return texts.map((text) => {
    const from = start + ((end - start) * reached) / total;
    reached += length(text);
    const to = start + ((end - start) * reached) / total;
    return { text, start: from, end: to, confidence: null, speaker, checked: true };
  });
}

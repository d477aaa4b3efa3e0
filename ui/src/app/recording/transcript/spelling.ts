/** Words inside the text of their segment, and texts put together. */

import type { Segment, Word } from './model';

const wordlike = /[\p{L}\p{N}_]/u;
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
const known = new WeakMap<Segment, readonly Span[] | null>();

/** From where to where (in UTF-16 units) a word stands in a text. */
export type Span = readonly [begin: number, end: number];

/** Where each word of a segment stands in its text; null where one of them does not occur there. */
export function spans(segment: Segment): readonly Span[] | null {
  let found = known.get(segment);
  if (found === undefined) known.set(segment, (found = search(segment.text, segment.words)));
  return found;
}

function search(text: string, words: readonly Word[]): readonly Span[] | null {
  const found: Span[] = [];
  let at = 0;
  for (const word of words) {
    const begin = text.indexOf(word.text, at);
    if (begin < 0) return null;
    at = begin + word.text.length;
    found.push([begin, at]);
  }
  return found;
}

/** Two texts with a space between them where their script has one: not between Chinese or Japanese. */
export function joined(left: string, right: string): string {
  return left + spaceBetween(left, right) + right;
}

/** What stands between two texts: a space, or nothing. */
export function spaceBetween(left: string, right: string): '' | ' ' {
  const last = [...left.slice(-2)].at(-1);
  const first = [...right.slice(0, 2)].at(0);
  return !last || !first || (spaceless.test(last) && spaceless.test(first)) ? '' : ' ';
}

/** A text without line breaks and without more than one space at a time. */
export function oneLine(text: string): string {
  return text.split(/\s+/u).filter(Boolean).join(' ');
}

/** A word without the punctuation around it, and where that begins and ends. */
export function core(text: string): { text: string; begin: number; end: number } {
  const letters = [...text.matchAll(/[\p{L}\p{N}\p{M}_]/gu)];
  const [first, last] = [letters[0], letters.at(-1)];
  if (!first || !last) return { text, begin: 0, end: text.length };
  const [begin, end] = [first.index, last.index + last[0].length];
  return { text: text.slice(begin, end), begin, end };
}

/** Whether two words are the same to a reader: case and the punctuation around them do not count. */
export function alike(one: string, other: string): boolean {
  return core(one).text.toLocaleLowerCase() === core(other).text.toLocaleLowerCase();
}

/** What to look for, and how. */
export interface Search {
  readonly find: string;
  readonly matchCase: boolean;
  readonly wholeWords: boolean;
}

/** An expression that finds all of what is looked for, as the server does; null where that is nothing. */
export function expression(search: Search): RegExp | null {
  if (!search.find.trim()) return null;
  const text = search.find.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replace(/\\-/g, '\\x2d');
  const edged = search.wholeWords ? `(?<![\\p{L}\\p{N}_])${text}(?![\\p{L}\\p{N}_])` : text;
  return new RegExp(edged, search.matchCase ? 'gu' : 'giu');
}

/** Whether there is anything in a text that one could say. */
export function isSpoken(text: string): boolean {
  return wordlike.test(text);
}

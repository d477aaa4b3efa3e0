import type { Segment, Word } from './model';
import type { Operation } from './operations';
import { reworded } from './rewording';
import { oneLine, spaceBetween, spans } from './spelling';

/**
 * What has to be done so that a segment that now says `text` is two, cut at a place in that text.
 *
 * Null where nothing says when its words are spoken.
 */
export function splitAt(
  segment: Segment,
  text: string,
  caret: number,
): readonly Operation[] | null {
  if (!segment.words.length) return null;
  const [left, right] = [oneLine(text.slice(0, caret)), oneLine(text.slice(caret))];
  const places = spans(segment);
  if (text === segment.text && places) {
    const word = boundary(text, caret, places);
    if (word !== null && word > 0 && word < segment.words.length)
      return [{ op: 'split_segment', id: segment.id, word }];
  }
  const both = `${left} ${right}`;
  return [
    { op: 'edit_segment', id: segment.id, text: both },
    { op: 'split_segment', id: segment.id, word: wordsIn(left, reworded(segment, both)) },
  ];
}

/** How many of some words a text is made of that ends with one of them. */
function wordsIn(text: string, words: readonly Word[]): number {
  let left = text.replaceAll(' ', '').length;
  return words.filter((word) => left > 0 && (left -= word.text.length) >= 0).length;
}

/** The number of the first word behind a place; null where that is inside a word that is to be cut. */
function boundary(
  text: string,
  caret: number,
  places: readonly (readonly [number, number])[],
): number | null {
  const inside = places.findIndex(([begin, end]) => begin < caret && caret < end);
  if (inside < 0) return places.filter(([begin]) => begin < caret).length;
  // Scripts without spaces are cut between the words that have times.
  if (spaceBetween(text.slice(0, caret), text.slice(caret)) === ' ') return null;
  const [begin, end] = places[inside] ?? [0, 0];
  return caret - begin < end - caret ? inside : inside + 1;
}

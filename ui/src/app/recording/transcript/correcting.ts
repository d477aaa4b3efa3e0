/** One word in the place of another: its time and the punctuation around it stay. */

import type { Segment, Word } from './model';
import { core, oneLine, spans } from './spelling';

/** A segment with other words where `how` gives other ones; a word without text goes. */
export function withWords(segment: Segment, how: (word: Word, n: number) => Word): Segment {
  const words = segment.words.map(how);
  const places = spans(segment);
  if (!places) {
    const text = oneLine(words.map((one) => one.text).join(' '));
    return { ...segment, text, words: words.filter((one) => one.text) };
  }
  let [text, at] = ['', 0];
  places.forEach(([begin, end], n) => {
    text += segment.text.slice(at, begin) + (words[n]?.text ?? '');
    at = end;
  });
  text = oneLine(text + segment.text.slice(at));
  return { ...segment, text, words: words.filter((one) => one.text) };
}

/** A word with another core, such as "Audit," for "audio,"; it begins with a capital where it did. */
export function corrected(word: Word, asked: string, by: string): Word {
  const old = core(word.text);
  const written = by && old.text !== asked ? withInitialOf(old.text, asked, by) : by;
  const text = written && word.text.slice(0, old.begin) + written + word.text.slice(old.end);
  return { ...word, text: oneLine(text), confidence: null, checked: true };
}

/** `by` stands for `asked`; where `asked` is written with another initial here, so is `by`. */
function withInitialOf(here: string, asked: string, by: string): string {
  const [first, wanted, given] = [initial(here), initial(asked), initial(by)];
  if (first === wanted || !given) return by;
  const upper = first === first.toLocaleUpperCase();
  return (upper ? given.toLocaleUpperCase() : given.toLocaleLowerCase()) + by.slice(given.length);
}

function initial(text: string): string {
  return [...text][0] ?? '';
}

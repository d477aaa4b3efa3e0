import { corrected, withWords } from './correcting';
import type { Segment, Word } from './model';
import { alike, core, expression, joined, spans } from './spelling';
import { splitAt } from './splitting';

const word = (text: string): Word => ({
  text,
  start: 0,
  end: 1,
  confidence: 0.2,
  speaker: null,
});
const segment = (text: string, words: readonly string[]) =>
  ({ id: 7, text, words: words.map(word), start: 0, end: 1 }) as unknown as Segment;

describe('words in a text', () => {
  it('are found where they stand, with and without spaces', () => {
    expect(spans(segment('So, so.', ['So,', 'so.']))).toEqual([
      [0, 3],
      [4, 7],
    ]);
    expect(spans(segment('我们同意', ['我们', '同意']))).toEqual([
      [0, 2],
      [2, 4],
    ]);
    expect(spans(segment('other', ['word']))).toBeNull();
  });

  it('are joined with a space where their script has one', () => {
    expect(joined('we', 'agree')).toBe('we agree');
    expect(joined('我们', '同意')).toBe('我们同意');
  });

  it('are alike whatever their case and punctuation', () => {
    expect(alike('Audit,', 'audit')).toBe(true);
    expect(alike('audit', 'audits')).toBe(false);
    expect(core('«L’État»').text).toBe('L’État');
  });

  it('are looked for as they are written, also with signs that mean something elsewhere', () => {
    const found = (find: string, text: string, wholeWords = false) =>
      [...text.matchAll(expression({ find, matchCase: false, wholeWords }) ?? /$^/g)].length;
    expect(found('a.c', 'a.c abc')).toBe(1);
    expect(found('[x-y]', 'is [x-y] there')).toBe(1);
    expect(found('he', 'there he is', true)).toBe(1);
    expect(found('été', 'L’été, l’ÉTÉ', true)).toBe(2);
    expect(expression({ find: ' ', matchCase: false, wholeWords: false })).toBeNull();
  });
});

describe('a corrected word', () => {
  it('keeps its punctuation and its capital', () => {
    expect(corrected(word('“Audio,'), 'audio', 'audit').text).toBe('“Audit,');
    expect(corrected(word('audio.'), 'audio', 'audit').text).toBe('audit.');
    expect(corrected(word('anna'), 'anna', 'Anna').text).toBe('Anna');
  });

  it('leaves the rest of its passage as it was, and may go altogether', () => {
    const old = segment('The audio is done.', ['The', 'audio', 'is', 'done.']);
    const one = (by: string) =>
      withWords(old, (each, n) => (n === 1 ? corrected(each, 'audio', by) : each));
    expect(one('audit').text).toBe('The audit is done.');
    expect(one('').text).toBe('The is done.');
    expect(one('').words).toHaveLength(3);
  });
});

describe('a passage cut at a place', () => {
  const old = segment('one two three', ['one', 'two', 'three']);

  it('is cut between its words', () => {
    expect(splitAt(old, old.text, 4)).toEqual([{ op: 'split_segment', id: 7, word: 1 }]);
    expect(splitAt(old, old.text, 7)).toEqual([{ op: 'split_segment', id: 7, word: 2 }]);
  });

  it('is written anew where words were typed, or one is cut', () => {
    const edited = (text: string, word: number) => [
      { op: 'edit_segment', id: 7, text },
      { op: 'split_segment', id: 7, word },
    ];
    expect(splitAt(old, 'one more two three', 9)).toEqual(edited('one more two three', 2));
    expect(splitAt(old, old.text, 5)).toEqual(edited('one t wo three', 2));
  });

  it('is cut between words in scripts without spaces, and not at all without times', () => {
    const spaceless = segment('我们同意', ['我们', '同意']);
    expect(splitAt(spaceless, spaceless.text, 2)).toEqual([
      { op: 'split_segment', id: 7, word: 1 },
    ]);
    expect(splitAt(spaceless, '我们都同意', 3)).toEqual([
      { op: 'edit_segment', id: 7, text: '我们都 同意' },
      { op: 'split_segment', id: 7, word: 2 },
    ]);
    expect(splitAt(segment('one two', []), 'one two', 4)).toBeNull();
  });
});

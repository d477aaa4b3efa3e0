import cases from '../../../../../tests/transcript/rewording.json';
import { reworded } from './rewording';
import type { Segment } from './model';

type Row = [text: string, start: number, end: number];
interface Case {
  name: string;
  words: Row[];
  text: string;
  after: [...Row, boolean][];
}

describe('the words of a changed text are those the server makes', () => {
  for (const { name, words, text, after } of cases as unknown as Case[])
    it(name, () => {
      const segment = {
        start: 0,
        end: words.at(-1)?.[2] ?? 1,
        speaker: 'a',
        words: words.map(([text, start, end]) => ({ text, start, end, confidence: 0.5 })),
      } as unknown as Segment;
      const thousandth = (time: number) => Math.round(time * 1000) / 1000;
      const found = reworded(segment, text);
      expect(
        found.map((one) => [
          one.text,
          thousandth(one.start),
          thousandth(one.end),
          one.checked ?? false,
        ]),
      ).toEqual(after);
    });
});

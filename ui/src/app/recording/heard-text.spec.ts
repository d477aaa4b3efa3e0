import { heardParagraphs } from './heard-text';

const said = (start: number, end: number, text: string) => ({ start, end, text, part: 0 });

describe('heard text', () => {
  it('is one paragraph until there is a pause', () => {
    const heard = [said(0, 2, 'One.'), said(2.5, 4, 'Two.'), said(6, 7, 'Three.')];
    expect(heardParagraphs(0, heard, true).map(({ text, growing }) => [text, growing])).toEqual([
      ['One. Two.', false],
      ['Three.', true],
    ]);
  });

  it('begins a new paragraph after many letters, even where nobody pauses', () => {
    const heard = Array.from({ length: 10 }, (_, n) => said(n, n + 1, 'a'.repeat(100)));
    expect(heardParagraphs(0, heard, false).length).toBe(2);
  });
});

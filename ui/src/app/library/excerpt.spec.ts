import { excerpt } from './excerpt';

const plain = (text: string) => ({ text, match: false });
const found = (text: string) => ({ text, match: true });
const shown = (pieces: { text: string }[]) => pieces.map((one) => one.text).join('');

describe('an excerpt', () => {
  it('is the whole text where that is short', () => {
    const pieces = [plain('we agreed to move the '), found('launch')];
    expect(excerpt(pieces)).toEqual(pieces);
  });

  it('shows a match that stands deep in a long text, and cuts between words', () => {
    const pieces = [
      plain('before and '.repeat(80)),
      found('launch'),
      plain(' after it'.repeat(80)),
    ];
    const cut = excerpt(pieces);
    expect(cut).toContainEqual(found('launch'));
    expect(shown(cut).length).toBeLessThan(190);
    expect(shown(cut)).toMatch(/^…(before|and) .*(after|it)…$/);
  });

  it('shows the beginning of a long text in which nothing is marked', () => {
    expect(shown(excerpt([plain('word '.repeat(100))]))).toMatch(/^word word .*word…$/);
  });

  it('keeps a match without spaces around it', () => {
    expect(excerpt([plain('a'.repeat(500)), found('b')])).toContainEqual(found('b'));
  });
});

import { wordChanges } from './word-changes';

const shown = (before: string, after: string) =>
  wordChanges(before, after)
    .map(({ kind, text }) => ({ same: text, removed: `[-${text}]`, inserted: `[+${text}]` })[kind])
    .join(' ');

describe('changes of words', () => {
  it('are what was removed and what was inserted', () => {
    expect(shown('the first of March it is', 'the second of March it was')).toBe(
      'the [-first] [+second] of March it [-is] [+was]',
    );
  });

  it('leave a text alone that stays', () => {
    expect(shown('as it was', 'as  it was')).toBe('as it was');
  });

  it('show a text that came or went whole', () => {
    expect(shown('', 'all new')).toBe('[+all new]');
    expect(shown('all old', '')).toBe('[-all old]');
  });

  it('are signs where a script has no spaces', () => {
    expect(shown('我们四月开始', '我们五月开始')).toBe('我们 [-四] [+五] 月开始');
  });

  it('of very long texts without anything in common are not compared word by word', () => {
    const long = (word: string) => Array.from({ length: 5000 }, (_, n) => word + n).join(' ');
    expect(wordChanges(long('a'), long('b')).map((one) => one.kind)).toEqual([
      'removed',
      'inserted',
    ]);
  });
});

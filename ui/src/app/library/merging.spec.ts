import { appended, refreshed, withReturned } from './merging';

const list = (text: string) => [...text].map((id) => ({ id }));
const ids = (items: readonly { id: string }[] | null) => items?.map((one) => one.id).join('');

describe('a list that is brought up to date', () => {
  it('takes in what is new and drops what is gone, and keeps what was read further down', () => {
    expect(ids(refreshed(list('bcdefgh'), list('abde'), false))).toBe('abdefgh');
  });

  it('moves what has come up into the first page', () => {
    expect(ids(refreshed(list('abcdef'), list('fab'), false))).toBe('fabcde');
  });

  it('is only the page where nothing of it is known, or where the page is all there is', () => {
    expect(refreshed(list('abc'), list('xyz'), false)).toBeNull();
    expect(ids(refreshed(list('abc'), list('c'), true))).toBe('c');
  });

  it('shows nothing twice when a page overlaps', () => {
    expect(ids(appended(list('abc'), list('cde')))).toBe('abcde');
  });

  it('puts back what was deleted where it was, and keeps what came meanwhile', () => {
    expect(ids(withReturned(list('xace'), list('abcde'), list('bd')))).toBe('xabcde');
  });
});

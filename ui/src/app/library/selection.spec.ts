import { Selection } from './selection';

const order = [...'abcdef'];
const chosen = (selection: Selection) => [...selection.ids()].sort().join('');

describe('a selection', () => {
  it('extends from the row that was chosen last, in either direction', () => {
    const selection = new Selection();
    selection.toggle('d');
    selection.extend('b', order);
    expect(chosen(selection)).toBe('bcd');
    selection.extend('e', order);
    expect(chosen(selection)).toBe('bcde');
  });

  it('begins at the row itself where nothing was chosen before', () => {
    const selection = new Selection();
    selection.extend('c', order);
    expect(chosen(selection)).toBe('c');
  });

  it('chooses only the row where the one before has gone', () => {
    const selection = new Selection();
    selection.toggle('x');
    selection.drop(['x']);
    selection.extend('b', order);
    expect(chosen(selection)).toBe('b');
  });

  it('takes a row out again', () => {
    const selection = new Selection();
    selection.all(order);
    selection.toggle('a');
    expect(selection.count()).toBe(5);
    selection.clear();
    expect(selection.count()).toBe(0);
  });
});

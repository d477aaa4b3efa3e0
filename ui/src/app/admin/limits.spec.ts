import { bytesIn, inGigabytes, numberIn, wholeIn } from './limits';

describe('a limit', () => {
  it('is a number, or nothing for what the settings say', () => {
    expect(numberIn(' 12.5 ')).toBe(12.5);
    expect(numberIn('12,5')).toBe(12.5);
    expect(numberIn('0')).toBe(0);
    expect(numberIn('')).toBeNull();
  });

  it.each(['-1', 'many', '1e9', '1.', 'NaN', '١٢'])('is not %s', (text) =>
    expect(numberIn(text)).toBeUndefined(),
  );

  it('of jobs and days is whole and at least 1', () => {
    expect(wholeIn('3')).toBe(3);
    expect(wholeIn('')).toBeNull();
    expect(wholeIn('0')).toBeUndefined();
    expect(wholeIn('2.5')).toBeUndefined();
  });

  it('of space is typed in gigabytes', () => {
    expect(bytesIn('0.05')).toBe(50_000_000);
    expect(inGigabytes(50_000_000)).toBe('0.05');
    expect(inGigabytes(null)).toBe('');
    expect(bytesIn('much')).toBeUndefined();
  });
});

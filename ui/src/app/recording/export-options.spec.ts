import { asked, chosen, type Format, outside, possible } from './export-options';

const option = (name: string, kind: string, normal: unknown, low: number | null = null) => ({
  name,
  kind,
  default: normal,
  help: '',
  choices: [],
  low,
  high: low === null ? null : 10,
});

const format = {
  name: 'srt',
  title: 'SubRip',
  extension: '.srt',
  media_type: 'text/plain',
  options: [
    option('speakers', 'choice', 'auto'),
    option('lines', 'whole number', 2, 1),
    option('times', 'yes/no', false),
  ],
} as Format;

describe('export options', () => {
  it('are sent where they differ from the defaults', () => {
    expect(asked(format, { speakers: 'auto', lines: 3, times: true })).toEqual({
      lines: '3',
      times: 'true',
    });
  });

  it('of another format, remembered from an older server, are not sent', () => {
    expect(asked(format, { paper: 'a4' })).toEqual({});
  });

  it('have bounds, and whole numbers are whole', () => {
    const lines = format.options[1]!;
    expect(outside(lines, 2)).toBeNull();
    expect(outside(lines, 11)).toEqual({ low: 1, high: 10 });
    expect(outside(lines, 2.5)).toEqual({ low: 1, high: 10 });
    expect(possible(format, { lines: 11 })).toBe(false);
    expect(possible(format, { lines: 4, times: true })).toBe(true);
  });

  it('that were kept and are no numbers are as if nothing had been chosen', () => {
    const lines = format.options[1]!;
    for (const kept of [Number.NaN, null as unknown as number, 'many']) {
      expect(chosen(lines, { lines: kept })).toBeUndefined();
      expect(asked(format, { lines: kept })).toEqual({});
      expect(possible(format, { lines: kept })).toBe(true);
    }
  });
});

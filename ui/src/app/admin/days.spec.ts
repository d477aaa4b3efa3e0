import { audioOn, lastDays, sumOf } from './days';

const day = (date: string, audio: number) => ({ day: date, audio, jobs: 1, bytes: 10 });

describe('usage', () => {
  it('is shown on every day, also on those without any', () => {
    const dates = lastDays(3, new Date('2026-03-01T23:30:00Z'));
    expect(dates).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect(audioOn(dates, [day('2026-03-01', 60), day('2026-02-27', 5)])).toEqual([5, 0, 60]);
  });

  it('of several people on one day is one bar', () => {
    expect(audioOn(['2026-03-01'], [day('2026-03-01', 60), day('2026-03-01', 30)])).toEqual([90]);
  });

  it('is summed', () => {
    expect(sumOf([day('a', 60), day('b', 30)])).toEqual({ audio: 90, jobs: 2, bytes: 20 });
    expect(sumOf([])).toEqual({ audio: 0, jobs: 0, bytes: 0 });
  });
});

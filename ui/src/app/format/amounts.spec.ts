import { moment, position, roughly, size } from './amounts';

describe('amounts', () => {
  it('shows a place in a recording with hours only where there are any', () => {
    expect([0, 59.9, 754.2, 3600, 36_000].map((one) => position(one))).toEqual([
      '0:00',
      '0:59',
      '12:34',
      '1:00:00',
      '10:00:00',
    ]);
    expect(position(5, true)).toBe('0:00:05');
  });

  it('says how long something takes in the unit people would use', () => {
    expect([2, 34, 95, 2999, 7200].map(roughly)).toEqual([
      '5 seconds',
      '35 seconds',
      '2 minutes',
      '50 minutes',
      '2 hours',
    ]);
  });

  it('counts bytes in steps of a thousand', () => {
    expect([0, 999, 1_536_000, 5_000_000_000].map(size)).toEqual([
      '0 B',
      '999 B',
      '1.5 MB',
      '5 GB',
    ]);
  });

  it('names today and yesterday, and the year only of other years', () => {
    const now = new Date(2026, 10, 21, 15, 0);
    expect(moment(new Date(2026, 10, 21, 9, 5).toISOString(), now)).toMatch(/^today/);
    expect(moment(new Date(2026, 10, 20, 23, 5).toISOString(), now)).toMatch(/^yesterday/);
    expect(moment(new Date(2026, 2, 3).toISOString(), now)).not.toContain('2026');
    expect(moment(new Date(2024, 2, 3).toISOString(), now)).toContain('2024');
  });
});

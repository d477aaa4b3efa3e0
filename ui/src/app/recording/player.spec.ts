import { holding, silencesBetween } from './player';

describe('silences', () => {
  it('are the pauses longer than a second, with a little left at both ends', () => {
    const speech = [
      { start: 3, end: 5 },
      { start: 5.5, end: 8 },
      { start: 7, end: 7.5 },
      { start: 12, end: 13 },
    ];
    expect(silencesBetween(speech, 20)).toEqual([
      { start: 0, end: 2.75 },
      { start: 8.25, end: 11.75 },
      { start: 13.25, end: 20 },
    ]);
  });

  it('are none where nothing is known of speech', () => {
    expect(silencesBetween([], 20)).toEqual([]);
  });
});

describe('the stretch that holds a moment', () => {
  const stretches = [
    { start: 1, end: 2 },
    { start: 5, end: 6 },
  ];

  it('is found', () => {
    expect(holding(stretches, 5.5)).toBe(stretches[1]);
    expect(holding(stretches, 1)).toBe(stretches[0]);
  });

  it('is none between stretches, at their ends and after them', () => {
    expect([0, 2, 3, 6, 9].map((time) => holding(stretches, time))).toEqual(
      Array(5).fill(undefined),
    );
  });
});

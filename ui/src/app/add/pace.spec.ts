import { Pace } from './pace';

describe('the speed of a transfer', () => {
  it('is what came over in the last seconds', () => {
    const pace = new Pace();
    expect(pace.rate()).toBe(0);
    pace.note(0, 0);
    pace.note(1000, 1000);
    expect(pace.rate()).toBe(1000);
    for (let second = 2; second <= 20; second++)
      pace.note(1000 + (second - 1) * 3000, second * 1000);
    expect(pace.rate()).toBe(3000);
  });

  it('begins anew where a part has to be sent again', () => {
    const pace = new Pace();
    pace.note(5000, 0);
    pace.note(9000, 1000);
    pace.note(4000, 2000);
    expect(pace.rate()).toBe(0);
    pace.note(6000, 3000);
    expect(pace.rate()).toBe(2000);
  });
});

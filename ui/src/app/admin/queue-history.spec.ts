import type { Wire } from '../api/client';
import { GAP, QueueHistory, SPAN } from './queue-history';
import { pathOf } from './chart-path';

function overview(waiting: number, speed: number | null = null): Wire<'Overview'> {
  const queue = { due: 0, queued: waiting, running: 1, backlog: 60, oldest: null };
  return {
    queues: [
      { name: 'gpu', ...queue },
      { name: 'cpu', ...queue },
    ],
    workers: [],
    jobs: {},
    recordings: 0,
    speed,
    free: null,
  };
}

describe('the history of the queues', () => {
  it('keeps what is at most 15 minutes old', () => {
    const history = new QueueHistory();
    for (const at of [0, 1000, SPAN + 500]) history.note(overview(2), at);
    expect(history.samples().map((one) => one.at)).toEqual([1000, SPAN + 500]);
  });

  it('counts what waits and what is worked on, and turns the speed into times real time', () => {
    const history = new QueueHistory();
    history.note(overview(2, 0.25), 0);
    history.note(overview(0), 1);
    expect(history.samples()[0]).toEqual({
      at: 0,
      depth: { gpu: 3, cpu: 3 },
      backlog: 120,
      speed: 4,
    });
    expect(history.samples()[1]?.speed).toBeNull();
  });
});

describe('a line of a chart', () => {
  const at = (time: number, value: number | null) => ({ at: time, value });

  it('goes from left to right, and is higher where there is more', () => {
    expect(pathOf([at(0, 0), at(5000, 5), at(10_000, 10)], 0, 10_000, 10)).toBe(
      'M0 100L500 50L1000 0',
    );
  });

  it('is broken where nobody looked and where nothing is known', () => {
    const late = 1000 + GAP + 1;
    const points = [at(0, 0), at(1000, 0), at(late, 0), at(late + 1000, null), at(late + 2000, 0)];
    const path = pathOf(points, 0, late + 2000, 1);
    expect(path.split('M').length - 1).toBe(3);
  });
});

import type { Wire } from '../api/client';
import { standstill } from './standstill';

const NOW = Date.parse('2026-11-21T10:00:00Z');

function overview(...workers: Partial<Wire<'WorkerModel'>>[]): Wire<'Overview'> {
  const queue = { due: 0, queued: 0, running: 0, backlog: 0, oldest: null };
  const worker: Wire<'WorkerModel'> = {
    id: 'a:1',
    host: 'a',
    pid: 1,
    queues: ['cpu', 'gpu'],
    device: 'cpu',
    models: [],
    memory: 0,
    draining: false,
    alive: true,
    version: '1',
    started_at: '2026-11-21T09:00:00Z',
    seen_at: '2026-11-21T09:57:00Z',
  };
  return {
    queues: ['gpu', 'cpu'].map((name) => ({ name, ...queue })),
    workers: workers.map((one) => ({ ...worker, ...one })),
    jobs: {},
    recordings: 0,
    speed: null,
    free: null,
  };
}

describe('what is said when nothing works', () => {
  it('is nothing while a worker takes everything', () => {
    expect(standstill(overview({}), NOW)).toBeNull();
  });

  it('says how long no worker has been heard of', () => {
    expect(standstill(overview({ alive: false }), NOW)).toContain('for 3 minutes: jobs wait');
  });

  it('tells no worker at all from workers that are about to end', () => {
    for (const none of [overview(), overview({ queues: [] })])
      expect(standstill(none, NOW)).toContain('There is no worker');
    expect(standstill(overview({ draining: true }), NOW)).toContain('about to end');
  });

  it('names a queue that nobody takes from', () => {
    expect(standstill(overview({ queues: ['cpu'] }), NOW)).toContain('gpu');
  });
});

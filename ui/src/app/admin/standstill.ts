import type { Wire } from '../api/client';
import { roughly } from '../format/amounts';
import { adminWords } from '../words/admin';

/** Why nothing is worked on, or some of it is not, as a sentence; null where workers take everything. */
export function standstill(overview: Wire<'Overview'>, now = Date.now()): string | null {
  const { queues } = overview;
  // A server that works on nothing itself is among them, without a queue.
  const workers = overview.workers.filter((one) => one.queues.length > 0);
  const say = adminWords.queues.standstill;
  if (workers.length === 0) return say.nobody;
  const alive = workers.filter((one) => one.alive);
  if (alive.length === 0) {
    const seen = Math.max(...workers.map((one) => Date.parse(one.seen_at)));
    return say.silent(roughly((now - seen) / 1000));
  }
  const taking = alive.filter((one) => !one.draining);
  if (taking.length === 0) return say.draining;
  const untended = queues.filter(({ name }) => !taking.some((one) => one.queues.includes(name)));
  return untended[0] ? say.untended(untended[0].name) : null;
}

/** What was used, day by day. */

import type { Wire } from '../api/client';

type Day = Wire<'Day'>;

export interface Sum {
  /** Seconds of audio. */
  readonly audio: number;
  readonly jobs: number;
  readonly bytes: number;
}

/** The last `count` days (UTC) as their dates, the oldest first; `now` is the last one. */
export function lastDays(count: number, now = new Date()): string[] {
  const day = 86_400_000;
  return Array.from({ length: count }, (_, back) =>
    new Date(now.getTime() - (count - 1 - back) * day).toISOString().slice(0, 10),
  );
}

/** The seconds of audio on each of these dates; days of which nothing is noted have none. */
export function audioOn(dates: readonly string[], days: readonly Day[]): number[] {
  return dates.map((date) => sumOf(days.filter((one) => one.day === date)).audio);
}

/** All of it together. */
export function sumOf(days: readonly Day[]): Sum {
  return days.reduce(
    (sum, day) => ({
      audio: sum.audio + day.audio,
      jobs: sum.jobs + day.jobs,
      bytes: sum.bytes + day.bytes,
    }),
    { audio: 0, jobs: 0, bytes: 0 },
  );
}

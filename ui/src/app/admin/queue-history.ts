import { Injectable, signal } from '@angular/core';
import type { Wire } from '../api/client';

/** How far back (ms) the charts go. */
export const SPAN = 15 * 60_000;
/** Where nothing was asked for longer than this (ms), a line is broken. */
export const GAP = 10_000;

/** The queues at one moment. */
export interface Sample {
  /** Milliseconds since 1970, by this browser's clock. */
  readonly at: number;
  /** Tasks that wait or are worked on, by queue. */
  readonly depth: Readonly<Record<string, number>>;
  /** Seconds of audio that wait. */
  readonly backlog: number;
  /** Seconds of audio heard per second of work, lately; null while nothing was heard. */
  readonly speed: number | null;
}

/** What the queues were like while somebody looked; the page may be left and opened again. */
@Injectable({ providedIn: 'root' })
export class QueueHistory {
  private readonly all = signal<readonly Sample[]>([]);
  readonly samples = this.all.asReadonly();

  note(overview: Wire<'Overview'>, at = Date.now()): void {
    this.all.update((samples) => [
      ...samples.filter((one) => one.at >= at - SPAN),
      sampleOf(overview, at),
    ]);
  }
}

function sampleOf(overview: Wire<'Overview'>, at: number): Sample {
  return {
    at,
    depth: Object.fromEntries(overview.queues.map((one) => [one.name, one.queued + one.running])),
    backlog: overview.queues.reduce((sum, one) => sum + one.backlog, 0),
    speed: overview.speed ? 1 / overview.speed : null,
  };
}

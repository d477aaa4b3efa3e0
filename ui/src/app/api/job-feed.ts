import { computed, Injectable, type Signal, signal } from '@angular/core';
import { addressOf, api, type Wire } from './client';
import { connection } from './connection';

export type Job = Wire<'JobModel'>;

/** Job states after which nothing changes by itself. */
export const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'dead', 'cancelled']);

/**
 * The newest state of every unfinished job of this person, as the server sends it.
 *
 * States are sent whole, never as changes: after a lost connection the browser connects again, gets all present
 * states, and nothing can have been missed.
 */
@Injectable({ providedIn: 'root' })
export class JobFeed {
  private readonly known = signal<ReadonlyMap<string, Job>>(new Map());
  private readonly listeners = new Set<(job: Job) => void>();
  private source: EventSource | null = null;

  /** All jobs heard of since the page was opened, the newest last. */
  readonly jobs = computed(() => [...this.known().values()]);
  readonly running = computed(() => this.jobs().filter((job) => !ENDED.has(job.state)));

  /** Begin to listen; does nothing where that has begun. */
  open(): void {
    if (this.source !== null) return;
    const source = new EventSource(addressOf('/api/v1/events'));
    source.addEventListener('job', (event) => {
      connection.answered();
      this.tell(JSON.parse((event as MessageEvent<string>).data) as Job);
    });
    source.addEventListener('error', () => {
      // Refused altogether, as when a session is over: the browser does not try that again by itself.
      if (source.readyState === EventSource.CLOSED && this.source === source) void this.reopen();
    });
    this.source = source;
  }

  private async reopen(): Promise<void> {
    const refused = this.source;
    // Where the session is over, this waits until somebody has signed in again.
    await api.GET('/api/v1/users/me').catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    if (this.source !== refused) return;
    this.source = null;
    this.open();
  }

  close(): void {
    this.source?.close();
    this.source = null;
    this.known.set(new Map());
  }

  /** The newest state of one job; undefined while nothing was heard of it. */
  of(id: Signal<string | null | undefined>): Signal<Job | undefined> {
    return computed(() => this.known().get(id() ?? ''));
  }

  /** Take over a state that came another way, as in the answer to an upload. */
  tell(job: Job): void {
    const before = this.known().get(job.id);
    if (before?.version === job.version) return;
    this.known.update((jobs) => new Map(jobs).set(job.id, job));
    for (const listener of this.listeners) listener(job);
  }

  /** Be told of every new state; the answer ends that. */
  listen(listener: (job: Job) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

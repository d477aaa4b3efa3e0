import { computed, Injectable, type Signal, signal } from '@angular/core';
import { addressOf, api, got, Refused, type Wire } from './client';
import { connection } from './connection';

export type Job = Wire<'JobModel'>;

/** Job states after which nothing changes by itself. */
export const ENDED: ReadonlySet<string> = new Set(['done', 'failed', 'dead', 'cancelled']);

/** How long (ms) to wait before a stream is opened again that the server has ended or refused. */
const PAUSE = 3000;

/**
 * The newest state of every unfinished job of this person, as the server sends it.
 *
 * States are sent whole, never as changes: after a lost connection all present states come again, and jobs that
 * ended meanwhile are asked for, so that nothing can have been missed.
 */
@Injectable({ providedIn: 'root' })
export class JobFeed {
  private readonly known = signal<ReadonlyMap<string, Job>>(new Map());
  /** The newest version of each job on this connection: over a lost one, a backup may have been restored. */
  private readonly versions = new Map<string, number>();
  private readonly listeners = new Set<(job: Job) => void>();
  private readonly waiting = new Set<() => void>();
  private source: EventSource | null = null;
  private interrupted = false;

  /** All jobs heard of since the page was opened, the newest last. */
  readonly jobs = computed(() => [...this.known().values()]);
  readonly running = computed(() => this.jobs().filter((job) => !ENDED.has(job.state)));

  /** Begin to listen; does nothing where that has begun. */
  open(): void {
    if (this.source !== null) return;
    const source = new EventSource(addressOf('/api/v1/events'));
    source.addEventListener('open', () => this.opened());
    source.addEventListener('job', (event) => {
      this.tell(JSON.parse((event as MessageEvent<string>).data) as Job);
    });
    source.addEventListener('error', () => void this.reopen(source));
    this.source = source;
  }

  private opened(): void {
    connection.answered();
    if (!this.interrupted) return;
    this.interrupted = false;
    for (const job of this.running()) void this.catchUp(job);
    for (const act of this.waiting) act();
  }

  /** The browser would try again in silence; asking says whether the server is away or the session is over. */
  private async reopen(lost: EventSource): Promise<void> {
    lost.close();
    this.interrupted = true;
    this.versions.clear();
    try {
      // Where the session is over, this waits until somebody has signed in again.
      await api.GET('/api/v1/users/me');
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    } catch {
      await connection.back();
    }
    if (this.source !== lost) return;
    this.source = null;
    this.open();
  }

  /** What has ended while nobody listened is in no stream; what was deleted with its recording is nowhere. */
  private async catchUp(job: Job): Promise<void> {
    const params = { path: { job_id: job.id } };
    try {
      const now = await got(api.GET('/api/v1/jobs/{job_id}', { params }));
      if (this.known().get(job.id) === job) this.tell(now);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.forget(job.id);
    }
  }

  private forget(id: string): void {
    this.known.update((jobs) => new Map([...jobs].filter(([known]) => known !== id)));
  }

  close(): void {
    this.source?.close();
    this.source = null;
    this.interrupted = false;
    this.versions.clear();
    this.known.set(new Map());
  }

  /** The newest state of one job; undefined while nothing was heard of it. */
  of(id: Signal<string | null | undefined>): Signal<Job | undefined> {
    return computed(() => this.known().get(id() ?? ''));
  }

  /** Take over a state that came another way, as in the answer to an upload; an older one that came late is not. */
  tell(job: Job): void {
    if ((this.versions.get(job.id) ?? -1) >= job.version) return;
    this.versions.set(job.id, job.version);
    this.known.update((jobs) => new Map(jobs).set(job.id, job));
    for (const listener of this.listeners) listener(job);
  }

  /** Be told of every new state; the answer ends that. */
  listen(listener: (job: Job) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told whenever the connection is back after a time in which anything may have changed. */
  whenBack(act: () => void): () => void {
    this.waiting.add(act);
    return () => this.waiting.delete(act);
  }
}

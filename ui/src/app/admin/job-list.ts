import { Injectable, signal } from '@angular/core';
import { api, got, type Wire } from '../api/client';

export type AdminJob = Wire<'OwnedJobModel'>;

/** Where a job can be, in the order in which it goes through. */
export const STATES = ['queued', 'running', 'done', 'failed', 'dead', 'cancelled'] as const;
export type JobState = (typeof STATES)[number];

export interface JobFilter {
  /** All states where there is none. */
  readonly states: readonly JobState[];
  /** A person's id; everybody's jobs without it. */
  readonly owner: string | null;
}

const PAGE = 50;
/** The most that the server gives at once. */
const MOST = 200;

/** Everybody's jobs, page after page, the newest first. */
@Injectable()
export class JobList {
  private readonly all = signal<readonly AdminJob[]>([]);
  private readonly after = signal<string | null>(null);
  private readonly asking = signal(false);
  private readonly problem = signal<unknown>(null);
  private filter: JobFilter = { states: [], owner: null };
  /** Grows with every new filter, so that an answer to an older one is dropped. */
  private round = 0;

  readonly jobs = this.all.asReadonly();
  readonly loading = this.asking.asReadonly();
  readonly error = this.problem.asReadonly();
  readonly next = this.after.asReadonly();
  /** Whether the first page is here. */
  readonly ready = signal(false);

  async show(filter: JobFilter): Promise<void> {
    this.filter = filter;
    this.round += 1;
    this.ready.set(false);
    this.all.set([]);
    this.after.set(null);
    this.asking.set(false);
    await this.more();
  }

  /** The next page. */
  async more(): Promise<void> {
    const cursor = this.after();
    if (this.asking() || (this.ready() && cursor === null)) return;
    const round = this.round;
    this.asking.set(true);
    await this.fetched(PAGE, cursor, (page) => {
      const known = new Set(this.all().map((job) => job.id));
      this.all.update((jobs) => [...jobs, ...page.items.filter((job) => !known.has(job.id))]);
      this.after.set(page.next);
      this.ready.set(true);
    });
    if (round === this.round) this.asking.set(false);
  }

  /** Ask anew for what is shown, as far as the server gives it at once. */
  async refresh(): Promise<void> {
    if (!this.ready()) return;
    const limit = Math.min(MOST, Math.max(PAGE, this.all().length));
    await this.fetched(limit, null, (page) => {
      this.all.update((jobs) => (page.next ? joined(page.items, jobs) : page.items));
      if (this.all().length <= page.items.length) this.after.set(page.next);
    });
  }

  async retry(job: AdminJob): Promise<void> {
    const path = { path: { job_id: job.id } };
    this.put(await got(api.POST('/api/v1/admin/jobs/{job_id}/retry', { params: path })));
  }

  async cancel(job: AdminJob): Promise<void> {
    const path = { path: { job_id: job.id } };
    this.put(await got(api.POST('/api/v1/admin/jobs/{job_id}/cancel', { params: path })));
  }

  private put(job: AdminJob): void {
    this.all.update((jobs) => jobs.map((one) => (one.id === job.id ? job : one)));
  }

  private async fetched(
    limit: number,
    cursor: string | null,
    take: (page: Wire<'Page_OwnedJobModel_'>) => void,
  ): Promise<void> {
    const round = this.round;
    try {
      const { states, owner } = this.filter;
      const query = {
        limit,
        ...(cursor && { cursor }),
        ...(states.length > 0 && { state: [...states] }),
        ...(owner && { owner_id: owner }),
      };
      const page = await got(api.GET('/api/v1/admin/jobs', { params: { query } }));
      if (round !== this.round) return;
      take(page);
      this.problem.set(null);
    } catch (error) {
      if (round === this.round) this.problem.set(error);
    }
  }
}

/** The fresh jobs, and of the others those that are older than all of them. */
export function joined(
  fresh: readonly AdminJob[],
  others: readonly AdminJob[],
): readonly AdminJob[] {
  const last = fresh.at(-1)?.id;
  return last === undefined ? [] : [...fresh, ...others.filter((job) => job.id < last)];
}

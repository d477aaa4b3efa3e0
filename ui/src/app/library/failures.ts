import { Injectable, signal } from '@angular/core';
import { api, got } from '../api/client';
import type { Job } from '../api/job-feed';
import { words } from '../words';

/** Why jobs failed: asked for once, when a row that failed is shown. */
@Injectable({ providedIn: 'root' })
export class Failures {
  private readonly known = signal<ReadonlyMap<string, string>>(new Map());
  private readonly asked = new Set<string>();

  /** The sentence; undefined until the server has said it. */
  of(jobId: string): string | undefined {
    return this.known().get(jobId);
  }

  /** Ask why a job failed, unless that is known. */
  async find(jobId: string): Promise<void> {
    if (this.asked.has(jobId)) return;
    this.asked.add(jobId);
    try {
      const job = await got(
        api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id: jobId } } }),
      );
      this.learn(jobId, reasonOf(job));
    } catch {
      this.asked.delete(jobId);
      this.learn(jobId, words.library.row.unknownFailure);
    }
  }

  /** A job is tried again: what it failed of is no longer so. */
  forget(jobId: string): void {
    this.asked.delete(jobId);
    this.known.update((known) => new Map([...known].filter(([id]) => id !== jobId)));
  }

  private learn(jobId: string, reason: string): void {
    this.known.update((known) => new Map(known).set(jobId, reason));
  }
}

/** Why a job ended without success, as a sentence. */
export function reasonOf(job: Pick<Job, 'state' | 'error'>): string {
  const message = job.error?.['message'];
  const why = typeof message === 'string' ? message : words.library.row.unknownFailure;
  return job.state === 'dead' ? words.library.row.dead(why) : why;
}

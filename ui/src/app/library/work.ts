import type { Wire } from '../api/client';
import type { Job } from '../api/job-feed';
import { roughly } from '../format/amounts';
import { words } from '../words';

/** What a job does now, in a few words: the stage, how much is done, and the time left. */
export function workOf(job: Job | undefined): string {
  if (!job) return words.jobs.states['queued'] ?? '';
  if (job.state === 'queued') {
    const parts = [words.jobs.states['queued'], job.position && words.jobs.position(job.position)];
    return parts.filter(Boolean).join(' · ');
  }
  const stage = job.stage === null ? undefined : words.jobs.stages[job.stage];
  return [
    stage ?? words.jobs.states[job.state],
    words.library.row.percent(Math.round(job.progress * 100)),
    job.eta === null ? '' : words.units.left(roughly(job.eta)),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Why a job ended without success, as a sentence. */
export function reasonOf(job: Pick<Job | Wire<'RecordingModel'>, 'state' | 'error'>): string {
  const message = job.error?.['message'];
  const why = typeof message === 'string' ? message : words.library.row.unknownFailure;
  return job.state === 'dead' ? words.library.row.dead(why) : why;
}

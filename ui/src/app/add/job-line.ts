import type { Job } from '../api/job-feed';
import { roughly, speed } from '../format/amounts';
import { words } from '../words';

const { jobs, units } = words;

/** What a job does now, in words: stage, part, how far, how fast, how long still. */
export function jobLine(job: Job): string {
  if (job.state !== 'running') return waitingLine(job);
  return [
    jobs.stages[job.stage ?? ''] ?? jobs.states['running'],
    job.stage === 'transcribe' && job.parts > 1 ? jobs.part(job.parts_done, job.parts) : '',
    job.attempt > 1 ? jobs.attempt(job.attempt) : '',
    `${Math.floor(job.progress * 100)} %`,
    job.speed ? speed(job.speed) : '',
    job.eta === null ? '' : units.left(roughly(job.eta)),
  ]
    .filter((one) => one !== '')
    .join(' · ');
}

/** Why a job ended without a transcript; empty where it did not. */
export function faultOf(job: Job): string {
  const message = job.error?.['message'];
  return typeof message === 'string' ? message : '';
}

function waitingLine(job: Job): string {
  const state = jobs.states[job.state] ?? job.state;
  return job.position === null ? state : `${state} · ${jobs.position(job.position)}`;
}

import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { LucideSquare } from '@lucide/angular';
import type { Job } from '../api/job-feed';
import { position, roughly, speed } from '../format/amounts';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';
import { HeardText } from './heard-text';
import { OpenRecording } from './open-recording';
import { Player } from './player';

/** What the machine is doing with this recording, and the text as it comes. */
@Component({
  selector: 'a-running-job',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideSquare, ProgressLine],
  providers: [HeardText],
  templateUrl: './running-job.html',
  styleUrl: './running-job.scss',
})
export class RunningJob {
  readonly job = input.required<Job>();
  /** False where an older transcript is shown meanwhile. */
  readonly withText = input(true);

  protected readonly words = words.recording.running;
  protected readonly open = inject(OpenRecording);
  protected readonly player = inject(Player);
  protected readonly heard = inject(HeardText);
  protected readonly position = position;

  protected readonly stage = computed(() => {
    const { state, stage } = this.job();
    if (state === 'queued') return this.words.queued;
    return words.jobs.stages[stage ?? ''] ?? this.words.working;
  });
  protected readonly facts = computed(() =>
    this.job().state === 'queued' ? waitingFacts(this.job()) : workingFacts(this.job()),
  );
  /** Why it is being tried again. */
  protected readonly trouble = computed(() => {
    const { trouble, attempt } = this.job();
    const message: unknown = trouble?.['message'];
    return typeof message === 'string' ? this.words.trouble(message, attempt) : null;
  });

  constructor() {
    effect(() => {
      const job = this.job();
      if (this.withText()) untracked(() => void this.heard.follow(job));
    });
  }
}

function waitingFacts(job: Job): string[] {
  const place = job.position === null ? [] : [words.jobs.position(job.position)];
  const starts = job.starts_in;
  if (starts === null) return place;
  return [
    ...place,
    starts < 5 ? words.recording.running.soon : words.recording.running.startsIn(roughly(starts)),
  ];
}

function workingFacts(job: Job): string[] {
  const parts = job.stage === 'transcribe' && job.parts > 1;
  return [
    ...(parts ? [words.jobs.part(job.parts_done, job.parts)] : []),
    ...(job.speed ? [speed(job.speed)] : []),
    ...(job.eta ? [words.units.left(roughly(job.eta))] : []),
    ...(job.attempt > 1 ? [words.jobs.attempt(job.attempt)] : []),
  ];
}

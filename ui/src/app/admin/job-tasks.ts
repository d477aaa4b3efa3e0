import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  input,
  signal,
  untracked,
} from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { position } from '../format/amounts';
import { MomentPipe } from '../format/pipes';
import { words } from '../words';
import { adminWords } from '../words/admin';
import { Unanswered } from '../parts/unanswered';
import { everyPage } from './every-page';
import type { AdminJob } from './job-list';

/** What a job is made of: who does which task, for the how-manieth time, and what went wrong. */
@Component({
  selector: 'a-job-tasks',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, MomentPipe],
  templateUrl: './job-tasks.html',
  styleUrl: './job-tasks.scss',
})
export class JobTasks {
  readonly job = input.required<AdminJob>();
  protected readonly words = adminWords.jobs;
  protected readonly all = adminWords;
  protected readonly jobWords = words.jobs;
  protected readonly tasks = signal<readonly Wire<'TaskModel'>[] | null>(null);
  protected readonly error = signal<unknown>(null);
  /** What was asked for, as far as it says nothing about what is in the recording. */
  protected readonly asked = computed(() =>
    ['engine', 'model', 'language', 'task']
      .map((name) => this.job().options[name])
      .filter((value) => typeof value === 'string'),
  );
  private readonly state = computed(() => `${this.job().id} ${this.job().version}`);

  constructor() {
    effect(() => {
      this.state();
      untracked(() => void this.load());
    });
  }

  protected async load(): Promise<void> {
    const state = this.state();
    try {
      const path = { job_id: this.job().id };
      const tasks = await everyPage((cursor) => {
        const params = { path, query: { limit: 200, cursor } };
        return got(api.GET('/api/v1/admin/jobs/{job_id}/tasks', { params }));
      });
      if (state !== this.state()) return;
      this.tasks.set(tasks);
      this.error.set(null);
    } catch (error) {
      this.error.set(error);
    }
  }

  protected took(task: Wire<'TaskModel'>): string {
    if (!task.started_at || !task.finished_at) return '';
    return position((Date.parse(task.finished_at) - Date.parse(task.started_at)) / 1000);
  }

  protected sentence(error: Record<string, unknown>): string {
    return String(error['message'] ?? error['code'] ?? '');
  }
}

import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  type ElementRef,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { LucideChevronDown, LucideChevronRight } from '@lucide/angular';
import { api, got, type Wire } from '../api/client';
import { count, roughly, speed } from '../format/amounts';
import { MomentPipe, PositionPipe } from '../format/pipes';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';
import { adminWords } from '../words/admin';
import { everyPage } from './every-page';
import { Unanswered } from '../parts/unanswered';
import { type AdminJob, JobList, type JobState, STATES } from './job-list';
import { JobTasks } from './job-tasks';
import { polled } from './polling';
import { Reached } from './reached';

const EVERY = 4000;

/** Everybody's jobs: what they do, why they failed, and another try for those that gave up. */
@Component({
  selector: 'a-admin-jobs',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Unanswered,
    JobTasks,
    LucideChevronDown,
    LucideChevronRight,
    MomentPipe,
    PositionPipe,
    ProgressLine,
    Reached,
    RouterLink,
  ],
  providers: [JobList],
  templateUrl: './jobs.html',
  styleUrl: './jobs.scss',
})
export class JobsPage {
  /** From the address: a state, and a person's id. */
  readonly state = input<string>();
  readonly owner = input<string>();

  private readonly router = inject(Router);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);
  private readonly top = viewChild.required<ElementRef<HTMLElement>>('top');
  protected readonly list = inject(JobList);
  protected readonly words = adminWords.jobs;
  protected readonly all = adminWords;
  protected readonly jobWords = words.jobs;
  protected readonly states = STATES;
  protected readonly people = signal<readonly Wire<'PersonModel'>[]>([]);
  protected readonly open = signal<ReadonlySet<string>>(new Set());
  protected readonly busy = signal(false);
  protected readonly count = count;
  protected readonly overview = polled(EVERY, async () => {
    void this.list.refresh();
    return got(api.GET('/api/v1/admin/overview'));
  });
  protected readonly dead = computed(() => this.overview.value()?.jobs['dead'] ?? 0);

  constructor() {
    effect(() => {
      const filter = { states: this.known(this.state()), owner: this.owner() ?? null };
      untracked(() => void this.list.show(filter));
    });
    void this.findPeople();
  }

  protected choosePerson(id: string): void {
    void this.router.navigate([], {
      queryParams: { owner: id || null },
      queryParamsHandling: 'merge',
    });
  }

  protected toggle(job: AdminJob): void {
    this.open.update((open) => {
      const next = new Set(open);
      if (!next.delete(job.id)) next.add(job.id);
      return next;
    });
  }

  /** What a job is at, or why it is not, as a sentence. */
  protected saying(job: AdminJob): string {
    if (job.error) return this.reason(job.error);
    if (job.state === 'running') return this.underWay(job);
    if (job.state === 'done') return job.speed ? speed(job.speed) : '';
    if (job.state !== 'queued') return '';
    if (job.trouble) return this.words.again(job.attempt, this.reason(job.trouble));
    return job.position === null ? '' : this.jobWords.position(job.position);
  }

  protected canRetry(job: AdminJob): boolean {
    return ['failed', 'dead', 'cancelled'].includes(job.state);
  }

  protected canCancel(job: AdminJob): boolean {
    return ['queued', 'running'].includes(job.state);
  }

  protected retry(job: AdminJob): Promise<void> {
    return this.act(async () => {
      await this.list.retry(job);
      this.notices.say(this.words.retried(job.owner));
    });
  }

  protected async cancel(job: AdminJob): Promise<void> {
    const { cancelTitle: title, cancelText: text, cancel: yes } = this.words;
    if (!(await this.confirm.ask({ title, text: text(job.owner), yes, danger: true }))) return;
    await this.act(async () => {
      await this.list.cancel(job);
      this.notices.say(this.words.cancelled(job.owner));
    });
  }

  protected async retryDead(): Promise<void> {
    const { retryAllText: text, retryAll } = this.words;
    const yes = retryAll(this.dead());
    if (!(await this.confirm.ask({ title: yes, text, yes }))) return;
    await this.act(async () => {
      const { retried } = await got(api.POST('/api/v1/admin/jobs/retry-dead'));
      this.notices.say(this.words.retriedAll(retried));
    });
  }

  private async act(what: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    try {
      await what();
      await Promise.all([this.list.refresh(), this.overview.ask()]);
      // The row may have left the list, and the focus with it.
      this.top().nativeElement.focus();
    } catch (error) {
      this.notices.fail(error);
    } finally {
      this.busy.set(false);
    }
  }

  private underWay(job: AdminJob): string {
    return [
      this.jobWords.stages[job.stage ?? ''] ?? '',
      job.parts > 1 && job.stage === 'transcribe'
        ? this.jobWords.part(job.parts_done, job.parts)
        : '',
      job.speed ? speed(job.speed) : '',
      job.eta === null ? '' : words.units.left(roughly(job.eta)),
    ]
      .filter(Boolean)
      .join(' · ');
  }

  private reason(error: Record<string, unknown>): string {
    return String(error['message'] ?? error['code'] ?? '');
  }

  private known(state: string | undefined): readonly JobState[] {
    return STATES.filter((one) => one === state);
  }

  private async findPeople(): Promise<void> {
    try {
      const people = await everyPage((cursor) =>
        got(api.GET('/api/v1/users', { params: { query: { limit: 200, cursor } } })),
      );
      this.people.set(people);
    } catch (error) {
      this.notices.fail(error);
    }
  }
}

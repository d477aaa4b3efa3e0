import { computed, DestroyRef, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { api, got, Refused, type Wire } from '../api/client';
import { elsewhere } from '../api/elsewhere';
import { ENDED, type Job, JobFeed } from '../api/job-feed';
import { Notices } from '../frame/notices';
import { words } from '../words';

export type Recording = Wire<'RecordingModel'>;
type Change = Partial<Pick<Recording, 'title' | 'tags'>>;

/** The recording this page shows, its latest job, and what can be done with both. */
@Injectable()
export class OpenRecording {
  private readonly feed = inject(JobFeed);
  private readonly notices = inject(Notices);
  private readonly tab = inject(Title);
  private readonly words = words.recording;

  private readonly found = signal<Recording | null>(null);
  private readonly wrong = signal<unknown>(null);
  private readonly gone = signal(false);
  private wanted = '';
  /** Job, state and stage that were heard of last: with each the recording may have changed. */
  private reached = '';

  readonly recording = this.found.asReadonly();
  /** Why it cannot be shown. */
  readonly problem = this.wrong.asReadonly();
  /** True where there is no such recording. */
  readonly missing = this.gone.asReadonly();
  readonly job = this.feed.of(computed(() => this.found()?.job_id));
  readonly running = computed(() => {
    const job = this.job();
    return job !== undefined && !ENDED.has(job.state);
  });
  readonly hasTranscript = computed(() => (this.found()?.transcript_id ?? null) !== null);
  readonly inTrash = computed(() => (this.found()?.deleted_at ?? null) !== null);

  constructor() {
    const destroy = inject(DestroyRef);
    destroy.onDestroy(this.feed.listen((job) => this.heard(job)));
    destroy.onDestroy(this.feed.whenBack(() => void this.refresh()));
    destroy.onDestroy(elsewhere.listen((id) => this.changedElsewhere(id)));
    // On another device it may have been changed while somebody looked there.
    const back = () => document.hidden || void this.refresh();
    addEventListener('focus', back);
    document.addEventListener('visibilitychange', back);
    destroy.onDestroy(() => {
      removeEventListener('focus', back);
      document.removeEventListener('visibilitychange', back);
    });
    effect(() => {
      const title = this.found()?.title;
      if (title) this.tab.setTitle(words.titles.of(title));
    });
    // A job that had ended before this page was opened is in no feed.
    effect(() => {
      const id = this.found()?.job_id;
      if (id && untracked(this.job) === undefined) untracked(() => void this.fetchJob(id));
    });
  }

  async load(id: string): Promise<void> {
    this.wanted = id;
    if (this.found()?.id !== id) this.found.set(null);
    this.wrong.set(null);
    this.gone.set(false);
    try {
      const recording = await this.fetch(id);
      if (this.wanted === id) this.found.set(recording);
    } catch (error) {
      if (this.wanted !== id) return;
      this.gone.set(error instanceof Refused && error.status === 404);
      this.wrong.set(error);
    }
  }

  /** Read it again, quietly: what is shown stays until the answer is there. */
  async refresh(): Promise<void> {
    const id = this.wanted;
    try {
      const recording = await this.fetch(id);
      if (this.wanted === id) this.found.set(recording);
    } catch (error) {
      // What is shown was true a moment ago, and the next change asks again.
      if (this.wanted === id) this.gone.set(error instanceof Refused && error.status === 404);
    }
  }

  /** Another title; where somebody else has renamed it meanwhile, the reader chooses. */
  async rename(title: string): Promise<void> {
    await this.change(
      { title },
      (newest, before) => newest.title === before.title,
      (newest) => this.words.renamedElsewhere(newest.title),
    );
  }

  async setTags(tags: readonly string[]): Promise<void> {
    const same = (one: Recording, other: Recording) =>
      one.tags.join('\n') === other.tags.join('\n');
    await this.change({ tags: [...tags] }, same, (newest) =>
      this.words.taggedElsewhere(newest.tags.join(', ')),
    );
  }

  async cancel(): Promise<void> {
    await this.doWithJob((job_id) =>
      got(api.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id } } })),
    );
  }

  async retry(): Promise<void> {
    await this.doWithJob((job_id) =>
      got(api.POST('/api/v1/jobs/{job_id}/retry', { params: { path: { job_id } } })),
    );
  }

  /** Transcribe it (again) with these options. Throws what the server refuses. */
  async transcribe(
    options: Record<string, unknown>,
    priority: Wire<'NewJob'>['priority'],
  ): Promise<void> {
    const recording_id = this.wanted;
    const job = await got(api.POST('/api/v1/jobs', { body: { recording_id, options, priority } }));
    this.feed.tell(job);
    await this.refresh();
  }

  /** Put it in the trash; answers whether that was done. */
  async remove(): Promise<boolean> {
    const recording_id = this.wanted;
    try {
      await got(
        api.DELETE('/api/v1/recordings/{recording_id}', { params: { path: { recording_id } } }),
      );
    } catch (error) {
      this.notices.fail(error);
      return false;
    }
    return true;
  }

  /** Bring it back from the trash. */
  async restore(): Promise<void> {
    const recording_id = this.wanted;
    try {
      const path = { recording_id };
      const recording = await got(
        api.POST('/api/v1/recordings/{recording_id}/restore', { params: { path } }),
      );
      if (this.wanted === recording_id) this.found.set(recording);
    } catch (error) {
      this.notices.fail(error);
    }
  }

  private fetch(recording_id: string): Promise<Recording> {
    return got(
      api.GET('/api/v1/recordings/{recording_id}', { params: { path: { recording_id } } }),
    );
  }

  private changedElsewhere(id: string): void {
    if (id === this.wanted || id === 'bulk') void this.refresh();
  }

  private async fetchJob(job_id: string): Promise<void> {
    try {
      const job = await got(api.GET('/api/v1/jobs/{job_id}', { params: { path: { job_id } } }));
      if (job.state === this.found()?.state) this.reached = reachedBy(job);
      this.feed.tell(job);
    } catch {
      // Without its job the page shows the recording and what was made of it.
    }
  }

  private heard(job: Job): void {
    if (job.recording_id !== this.wanted) return;
    if (reachedBy(job) === this.reached) return;
    this.reached = reachedBy(job);
    void this.refresh();
  }

  private async doWithJob(act: (id: string) => Promise<Job>): Promise<void> {
    const id = this.found()?.job_id;
    if (!id) return;
    try {
      this.feed.tell(await act(id));
      await this.refresh();
    } catch (error) {
      this.notices.fail(error);
    }
  }

  private async change(
    change: Change,
    untouched: (newest: Recording, before: Recording) => boolean,
    conflict: (newest: Recording) => string,
  ): Promise<void> {
    const before = this.found();
    if (before === null) return;
    this.found.set({ ...before, ...change });
    try {
      this.keep(await this.patch(before, change));
    } catch (error) {
      if (!(error instanceof Refused && error.status === 412)) {
        this.keep(before);
        this.notices.fail(error);
        return;
      }
      await this.settle(change, before, untouched, conflict);
    }
  }

  /** It was changed since it was read: where that was something else, ours goes on top. */
  private async settle(
    change: Change,
    before: Recording,
    untouched: (newest: Recording, before: Recording) => boolean,
    conflict: (newest: Recording) => string,
  ): Promise<void> {
    try {
      const newest = await this.fetch(before.id);
      if (untouched(newest, before)) {
        this.keep(await this.patch(newest, change));
        return;
      }
      this.keep(newest);
      const act = () => void this.change(change, () => true, conflict);
      this.notices.fail(new Error(conflict(newest)), { name: this.words.takeMine, act });
    } catch (error) {
      this.keep(before);
      this.notices.fail(error);
    }
  }

  private keep(recording: Recording): void {
    if (this.wanted === recording.id) this.found.set(recording);
  }

  private patch(known: Recording, change: Change): Promise<Recording> {
    const path = { recording_id: known.id };
    const header = { 'if-match': `"${known.version}"` };
    return got(
      api.PATCH('/api/v1/recordings/{recording_id}', { params: { path, header }, body: change }),
    );
  }
}

function reachedBy(job: Job): string {
  return `${job.id} ${job.state} ${job.stage}`;
}

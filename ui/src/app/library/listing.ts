import { computed, Injectable, signal } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { ENDED, type Job } from '../api/job-feed';
import { appended, refreshed, withReturned } from './merging';
import { parametersOf, type Query, queryOf } from './query';

export type Recording = Wire<'RecordingModel'>;
export type Counts = Wire<'RecordingCounts'>;

/** How long (ms) news are gathered before the server is asked about them. */
const GATHER = 300;
/** Of more recordings than this the first page is read again, instead of one by one. */
const FEW = 8;

/**
 * The recordings that are listed, page by page, kept up to date as jobs go on.
 *
 * It outlives its page, so that whoever comes back finds the list as it was.
 */
@Injectable({ providedIn: 'root' })
export class Listing {
  private readonly all = signal<readonly Recording[]>([]);
  private readonly following = signal<string | null>(null);
  private readonly state = signal<'nothing' | 'loading' | 'loaded'>('nothing');
  private readonly trouble = signal<unknown>(null);
  private readonly tally = signal<Counts | null>(null);
  private counting = 0;
  private query: Query = queryOf({});
  private readingMore = false;
  private readonly asked = new Set<string>();
  private readonly changed = new Set<string>();
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private again = false;

  readonly items = this.all.asReadonly();
  readonly order = computed(() => this.all().map((one) => one.id));
  readonly counts = this.tally.asReadonly();
  /** Why the list could not be read; null where it could. */
  readonly fault = this.trouble.asReadonly();
  /** False while other recordings are shown than those that were asked for. */
  readonly settled = computed(() => this.state() === 'loaded');
  readonly complete = computed(() => this.settled() && this.following() === null);

  /** The row that keys act on; it stays when the focus goes elsewhere. */
  readonly current = signal<string | null>(null);
  /** What has just been brought back from the trash. */
  readonly returned = signal<readonly Recording[]>([]);
  /** Where the page was scrolled to when it was left, and what was searched for there. */
  left = { top: 0, q: '' };

  /** Show the recordings of a query; true where they are there already and are only brought up to date. */
  show(query: Query): boolean {
    const same = JSON.stringify(query) === JSON.stringify(this.query);
    this.query = query;
    if (same && this.settled()) {
      void this.refresh();
      // The recording that was opened may be another now, and need not be on the first page.
      const opened = this.current();
      if (opened !== null) void this.reread(opened);
      return true;
    }
    this.left = { top: 0, q: '' };
    this.current.set(null);
    void this.load();
    return false;
  }

  /** Read the list anew, from its beginning. */
  async load(): Promise<void> {
    this.state.set('loading');
    this.trouble.set(null);
    this.asked.clear();
    const query = this.query;
    void this.count();
    try {
      const page = await this.page();
      if (query !== this.query) return;
      this.all.set(page.items);
      this.following.set(page.next);
      this.state.set('loaded');
    } catch (error) {
      if (query === this.query) this.trouble.set(error);
    }
  }

  /** Read the next page, where there is one. */
  async more(): Promise<void> {
    const cursor = this.following();
    if (cursor === null || this.readingMore || !this.settled()) return;
    this.readingMore = true;
    const query = this.query;
    try {
      const page = await this.page(cursor);
      if (query !== this.query || cursor !== this.following()) return;
      this.all.update((items) => appended(items, page.items));
      this.following.set(page.next);
      this.trouble.set(null);
    } catch (error) {
      this.trouble.set(error);
    } finally {
      this.readingMore = false;
    }
  }

  /** Bring what is shown up to date. */
  async refresh(): Promise<void> {
    if (!this.settled()) return;
    const query = this.query;
    void this.count();
    try {
      const page = await this.page();
      if (query !== this.query) return;
      const list = refreshed(this.all(), page.items, page.next === null);
      const shorter = list === null || list.length <= page.items.length;
      this.all.set(list ?? page.items);
      if (shorter) this.following.set(page.next);
      this.trouble.set(null);
    } catch (error) {
      if (query === this.query && this.all().length === 0) this.trouble.set(error);
    }
  }

  async count(): Promise<void> {
    const turn = ++this.counting;
    // Without an answer the numbers stay as they were; the list itself says what is wrong.
    const counts = await got(api.GET('/api/v1/recordings/counts')).catch(() => null);
    if (counts !== null && turn === this.counting) this.tally.set(counts);
  }

  /** Take over a job's news: new recordings appear, and what has ended is read again. */
  hear(job: Job): void {
    const known = this.all().find((one) => one.id === job.recording_id);
    if (known) {
      // Ids sort by age: of older jobs nothing is shown.
      if (known.job_id !== null && job.id < known.job_id) return;
      const shown = known.job_id === job.id;
      if (shown && (known.state === job.state || !ENDED.has(job.state))) return;
      this.changed.add(known.id);
    } else {
      const news = `${job.recording_id} ${ENDED.has(job.state)}`;
      if (this.asked.has(news)) return;
      this.asked.add(news);
      this.again = true;
    }
    this.gather();
  }

  /** Another tab has changed some of them. */
  hearOfChanges(): void {
    this.again = true;
    this.gather();
  }

  /** The newest state of one recording. */
  put(recording: Recording): void {
    this.all.update((items) => items.map((one) => (one.id === recording.id ? recording : one)));
  }

  /** These are no longer in the list. */
  drop(ids: ReadonlySet<string>): void {
    this.all.update((items) => items.filter((one) => !ids.has(one.id)));
    void this.count();
  }

  /** What was dropped is back, where it was `before`. */
  putBack(back: readonly Recording[], before: readonly Recording[]): void {
    this.all.update((items) => withReturned(items, before, back));
    this.returned.set(back);
    void this.count();
  }

  private page(cursor?: string): Promise<Wire<'Page_RecordingModel_'>> {
    const query = { ...parametersOf(this.query), ...(cursor && { cursor }) };
    return got(api.GET('/api/v1/recordings', { params: { query } }));
  }

  private gather(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      const ids = [...this.changed];
      const again = this.again || ids.length > FEW || this.query.view !== 'all';
      this.changed.clear();
      this.again = false;
      if (again) return void this.refresh();
      void this.count();
      for (const id of ids) void this.reread(id);
    }, GATHER);
  }

  private async reread(id: string): Promise<void> {
    const path = { recording_id: id };
    // Gone or out of reach: the list says so the next time it is read.
    await got(api.GET('/api/v1/recordings/{recording_id}', { params: { path } })).then(
      (recording) => this.put(recording),
      () => undefined,
    );
  }
}

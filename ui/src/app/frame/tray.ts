import {
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { MatTooltip } from '@angular/material/tooltip';
import { NavigationEnd, Router, RouterLink } from '@angular/router';
import { LucideCheck, LucideChevronDown, LucideChevronUp, LucideX } from '@lucide/angular';
import { filter, map } from 'rxjs';
import { faultOf, jobLine } from '../add/job-line';
import { UploadRow } from '../add/upload-row';
import { Uploads } from '../add/uploads';
import { ENDED, type Job, JobFeed } from '../api/job-feed';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';
import { keep, kept } from './kept';
import { RecordingTitles } from './recording-titles';

const said = words.add.tray;
/** So many jobs are listed, the rest is counted. */
const MOST = 6;
/** How long (ms) a job that is done stays in the list. */
const STAY = 60_000;
const FOLDED = 'tray.folded';
const NARROW = '(max-width: 700px)';

/** What is in progress, whatever page is shown; not there when nothing is. */
@Component({
  selector: 'a-tray',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    LucideCheck,
    LucideChevronDown,
    LucideChevronUp,
    LucideX,
    MatTooltip,
    ProgressLine,
    RouterLink,
    UploadRow,
  ],
  templateUrl: './tray.html',
  styleUrl: './tray.scss',
})
export class Tray {
  protected readonly words = said;
  protected readonly jobLine = jobLine;
  protected readonly faultOf = faultOf;
  private readonly feed = inject(JobFeed);
  private readonly titles = inject(RecordingTitles);
  private readonly uploads = inject(Uploads);
  private readonly router = inject(Router);
  protected readonly folded = signal(kept(FOLDED, matchMedia(NARROW).matches));
  /** Read out when something is ready. */
  protected readonly news = signal('');
  private readonly finished = signal<readonly Job[]>([]);
  private readonly unfinished = new Set<string>();

  private readonly path = toSignal(
    this.router.events.pipe(
      filter((event) => event instanceof NavigationEnd),
      map((event) => event.urlAfterRedirects.split('?')[0]),
    ),
    { initialValue: this.router.url },
  );
  /** The page of added files shows them and their jobs itself. */
  private readonly elsewhere = computed(() => {
    const mine = this.path() === '/add' ? this.uploads.list() : [];
    return new Set(mine.map((one) => one.job()));
  });
  protected readonly sending = computed(() => (this.path() === '/add' ? [] : this.uploads.open()));
  private readonly running = computed(() =>
    this.feed
      .running()
      .filter((job) => !this.elsewhere().has(job.id) && !this.isShown(job))
      .sort((a, b) => Number(a.state === 'queued') - Number(b.state === 'queued')),
  );
  protected readonly jobs = computed(() => this.running().slice(0, MOST));
  protected readonly more = computed(() => this.running().length - this.jobs().length);
  protected readonly ended = computed(() =>
    this.finished().filter((job) => !this.elsewhere().has(job.id)),
  );
  protected readonly something = computed(
    () => this.sending().length + this.running().length + this.ended().length > 0,
  );
  protected readonly summary = computed(() => this.inShort());

  constructor() {
    const stop = this.feed.listen((job) => this.hear(job));
    inject(DestroyRef).onDestroy(stop);
    effect(() => {
      const shown = [...this.jobs(), ...this.ended()];
      untracked(() => shown.forEach((job) => void this.titles.find(job.recording_id)));
    });
    this.leaveRoom();
  }

  protected titleOf(job: Job): string {
    return this.titles.of(job.recording_id) || said.untitled;
  }

  protected fold(): void {
    this.folded.set(!this.folded());
    keep(FOLDED, this.folded());
  }

  protected forget(id: string): void {
    this.finished.update((all) => all.filter((one) => one.id !== id));
  }

  /** The page of a recording shows its job itself. */
  private isShown(job: Job): boolean {
    return this.path()?.endsWith(`/recordings/${job.recording_id}`) ?? false;
  }

  private hear(job: Job): void {
    if (!ENDED.has(job.state)) {
      this.unfinished.add(job.id);
      this.forget(job.id);
    } else if (this.unfinished.delete(job.id) && job.state !== 'cancelled') void this.end(job);
  }

  private async end(job: Job): Promise<void> {
    this.finished.update((all) => [...all, job]);
    await this.titles.find(job.recording_id);
    const sentence = job.state === 'done' ? said.ready : said.failed;
    this.news.set(sentence(this.titleOf(job)));
    if (job.state === 'done') setTimeout(() => this.forget(job.id), STAY);
  }

  private inShort(): string {
    const moving = this.uploads.moving();
    const stuck = this.sending().length - (this.sending().length && moving.length);
    const total = moving.reduce((sum, one) => sum + one.size, 0);
    const sent = moving.reduce((sum, one) => sum + one.sent(), 0);
    const percent = Math.floor((100 * sent) / Math.max(1, total));
    return [
      this.sending().length && moving.length ? said.sending(moving.length, percent) : '',
      stuck > 0 ? said.unsent(stuck) : '',
      this.running().length ? said.jobs(this.running().length) : '',
      this.ended().length ? said.ended(this.ended().length) : '',
    ]
      .filter((one) => one !== '')
      .join(' · ');
  }

  /** Lets pages be scrolled out from under the tray. */
  private leaveRoom(): void {
    const host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    const root = document.documentElement;
    const watch = new ResizeObserver(() =>
      root.style.setProperty('--tray', `${host.getBoundingClientRect().height}px`),
    );
    watch.observe(host);
    inject(DestroyRef).onDestroy(() => {
      watch.disconnect();
      root.style.removeProperty('--tray');
    });
  }
}

import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  Injector,
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
/** Room (px) around the tray. */
const GAP = 20;
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
  private readonly injector = inject(Injector);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
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
  private readonly onAddPage = computed(() => this.path() === '/add');
  /** Files that are not there yet, or were before; the page of added files shows them itself. */
  protected readonly files = computed(() =>
    this.onAddPage()
      ? []
      : this.uploads.list().filter((one) => one.state() !== 'done' || one.isTwin()),
  );
  /** Jobs that are shown with their files. */
  private readonly elsewhere = computed(
    () => new Set((this.onAddPage() ? this.uploads.list() : this.files()).map((one) => one.job())),
  );
  private readonly running = computed(() =>
    this.feed
      .running()
      .filter((job) => !this.elsewhere().has(job.id) && !this.isShown(job))
      .sort((a, b) => Number(a.state === 'queued') - Number(b.state === 'queued')),
  );
  protected readonly jobs = computed(() => this.running().slice(0, MOST));
  protected readonly more = computed(() => this.running().length - this.jobs().length);
  protected readonly ended = computed(() =>
    this.finished().filter((job) => !this.elsewhere().has(job.id) && !this.isShown(job)),
  );
  protected readonly something = computed(
    () => this.files().length + this.running().length + this.ended().length > 0,
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

  /** What had the focus is about to go: give it to the tray, or to the page where that goes too. */
  protected refocus(): void {
    const options = { injector: this.injector };
    afterNextRender(() => {
      const head = this.host.querySelector<HTMLElement>('.head');
      (head ?? document.getElementById('content'))?.focus();
    }, options);
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
    const files = this.files();
    const twins = files.filter((one) => one.isTwin()).length;
    const moving = this.uploads.moving().filter((one) => files.includes(one));
    const unsent = files.length - moving.length - twins;
    const total = moving.reduce((sum, one) => sum + one.size, 0);
    const sent = moving.reduce((sum, one) => sum + one.sent(), 0);
    const percent = Math.floor((100 * sent) / Math.max(1, total));
    return [
      moving.length ? said.sending(moving.length, percent) : '',
      unsent ? said.unsent(unsent) : '',
      twins ? said.twins(twins) : '',
      this.running().length ? said.jobs(this.running().length) : '',
      this.ended().length ? said.ended(this.ended().length) : '',
    ]
      .filter((one) => one !== '')
      .join(' · ');
  }

  /** Lets pages be scrolled out from under the tray. */
  private leaveRoom(): void {
    const root = document.documentElement;
    const watch = new ResizeObserver(() => {
      const height = this.host.getBoundingClientRect().height;
      root.style.setProperty('--tray', `${height > 0 ? height + GAP : 0}px`);
    });
    watch.observe(this.host);
    inject(DestroyRef).onDestroy(() => {
      watch.disconnect();
      root.style.removeProperty('--tray');
    });
  }
}

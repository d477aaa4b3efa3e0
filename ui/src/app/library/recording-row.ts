import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  Injector,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { RouterLink } from '@angular/router';
import {
  LucideCircleAlert,
  LucideCircleStop,
  LucideDownload,
  LucideEllipsis,
  LucideFileDown,
  LucidePencil,
  LucideRotateCcw,
  LucideSquareCheck,
  LucideTag,
  LucideTrash2,
} from '@lucide/angular';
import { addressOf } from '../api/client';
import { ENDED, JobFeed } from '../api/job-feed';
import { languageName } from '../format/languages';
import { MomentPipe, PositionPipe } from '../format/pipes';
import { Notices } from '../frame/notices';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';
import type { Recording } from './listing';
import { RecordingActions } from './recording-actions';
import { reasonOf, workOf } from './work';

/** The formats that a row offers without asking further. */
const FORMATS = Object.keys(words.library.menu.exportAs);
const SPEAKERS = 2;
const TAGS = 2;

/** One recording of the list: what it is, how far its job is, and what can be done with it. */
@Component({
  selector: 'a-recording-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuItem,
    CdkMenuTrigger,
    LucideCircleAlert,
    LucideCircleStop,
    LucideDownload,
    LucideEllipsis,
    LucideFileDown,
    LucidePencil,
    LucideRotateCcw,
    LucideSquareCheck,
    LucideTag,
    LucideTrash2,
    MatTooltip,
    MomentPipe,
    PositionPipe,
    ProgressLine,
    RouterLink,
  ],
  templateUrl: './recording-row.html',
  styleUrl: './recording-row.scss',
  host: {
    '[class.selected]': 'selected()',
    '[class.selecting]': 'selecting()',
    '[class.current]': 'current()',
    '(click)': 'pressed($event)',
    '(mousedown)': '$event.shiftKey && !renaming() && $event.preventDefault()',
  },
})
export class RecordingRow {
  readonly recording = input.required<Recording>();
  readonly selected = input(false);
  /** Keys act on this row. */
  readonly current = input(false);
  /** Some rows are selected, so that a phone shows boxes to tick. */
  readonly selecting = input(false);
  /** The row is to be selected, or no longer; with `extend` everything up to it. */
  readonly pick = output<{ extend: boolean }>();
  /** The row is to go to the trash. */
  readonly remove = output();

  protected readonly words = words.library;
  protected readonly states = words.jobs.states;
  protected readonly formats = FORMATS;
  protected readonly actions = inject(RecordingActions);
  private readonly notices = inject(Notices);
  private readonly feed = inject(JobFeed);
  private readonly injector = inject(Injector);
  private readonly field = viewChild<ElementRef<HTMLInputElement>>('field');
  private readonly link = viewChild<ElementRef<HTMLAnchorElement>>('link');

  protected readonly renaming = signal(false);
  /** The title when somebody began to write another: news from the server do not replace what is typed. */
  protected readonly before = signal('');
  private saving = false;

  private readonly job = this.feed.of(computed(() => this.recording().job_id));
  protected readonly state = computed(() => this.job()?.state ?? this.recording().state);
  protected readonly failed = computed(() => ['failed', 'dead'].includes(this.state()));
  protected readonly working = computed(() => this.state() !== 'none' && !ENDED.has(this.state()));
  /** There is no transcript: one that was imported or is older than the last job is one, too. */
  protected readonly untold = computed(
    () => this.recording().transcript_id === null && this.state() !== 'done',
  );
  protected readonly work = computed(() => workOf(this.job()));
  protected readonly progress = computed(() => this.job()?.progress ?? null);
  protected readonly reason = computed(() => reasonOf(this.job() ?? this.recording()));
  protected readonly speakers = computed(() =>
    this.recording().speakers.slice(0, SPEAKERS).join(', '),
  );
  protected readonly moreSpeakers = computed(() => this.recording().speakers.length - SPEAKERS);
  protected readonly tags = computed(() => this.recording().tags.slice(0, TAGS));
  protected readonly moreTags = computed(() => this.recording().tags.length - TAGS);
  protected readonly language = computed(() => languageName(this.recording().language));
  protected readonly doubtful = computed(() => this.recording().doubtful ?? 0);

  /** Move the focus to the title. */
  focus(): void {
    this.link()?.nativeElement.focus({ preventScroll: true });
  }

  /** Let the title be written anew, in its place. */
  rename(): void {
    this.before.set(this.recording().title);
    this.renaming.set(true);
    afterNextRender(() => this.field()?.nativeElement.select(), { injector: this.injector });
  }

  protected async finish(title: string): Promise<void> {
    if (!this.renaming() || this.saving) return;
    const recording = this.recording();
    if (!title.trim() || title.trim() === recording.title) return this.leave();
    this.saving = true;
    try {
      if (await this.actions.rename(recording, title.trim())) this.leave();
    } catch (error) {
      // What was typed stays in its field.
      this.notices.fail(error);
    } finally {
      this.saving = false;
    }
  }

  protected leave(): void {
    const hadFocus = document.activeElement === this.field()?.nativeElement;
    this.renaming.set(false);
    if (hadFocus) afterNextRender(() => this.focus(), { injector: this.injector });
  }

  /** A click with shift selects up to this row, wherever in it; any other beside its controls opens it. */
  protected pressed(event: MouseEvent): void {
    if (this.renaming()) return;
    if (event.shiftKey) {
      event.preventDefault();
      this.pick.emit({ extend: true });
    } else if (
      event.target instanceof Element &&
      !event.target.closest('a, button, label, input')
    ) {
      this.focus();
      this.link()?.nativeElement.click();
    }
  }

  protected exportAddress(format: string): string {
    return addressOf(`/api/v1/recordings/${this.recording().id}/transcript?format=${format}`);
  }

  protected originalAddress(): string {
    return addressOf(`/api/v1/recordings/${this.recording().id}/download`);
  }
}

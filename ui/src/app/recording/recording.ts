import { Dialog } from '@angular/cdk/dialog';
import {
  afterNextRender,
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  Injector,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { addressOf } from '../api/client';
import { LibraryLink, LibraryPlace } from '../frame/library-place';
import { Notices } from '../frame/notices';
import { Shortcuts } from '../frame/shortcuts';
import { MomentPipe } from '../format/pipes';
import { Unanswered } from '../parts/unanswered';
import { words } from '../words';
import { EndedJob } from './ended-job';
import { ExportPanel } from './export-panel';
import { OpenRecording } from './open-recording';
import { Player, silencesBetween } from './player';
import { Playback } from './playback';
import { Rerun, type Wanted } from './rerun';
import { RunningJob } from './running-job';
import { SidePanel } from './side-panel';
import { TitleRow } from './title-row';
import { doubtTimes, speakerBands } from './transcript-marks';
import { TranscriptStore } from './transcript/transcript-store';
import { TranscriptView } from './transcript/transcript-view';
import { Transport } from './transport';
import { Waveform } from './waveform';

/** Below this width the panel at the side is a sheet. */
const NARROW = '(max-width: 1000px)';

/**
 * One recording: its sound, its transcript, and what becomes of it.
 *
 * The document scrolls, not a part of the page. While this page is open the root's `scroll-padding-top` is the
 * height of what stays at the top, so that `scrollIntoView` shows its target below that.
 */
@Component({
  selector: 'a-recording',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    EndedJob,
    LibraryLink,
    MomentPipe,
    Playback,
    RunningJob,
    SidePanel,
    TitleRow,
    Transport,
    Waveform,
    TranscriptView,
    Unanswered,
  ],
  providers: [OpenRecording, Player, TranscriptStore],
  templateUrl: './recording.html',
  styleUrl: './recording.scss',
})
export class RecordingPage {
  readonly id = input.required<string>();
  /** Where to begin, in seconds: as search hits link here. */
  readonly t = input<string>();

  protected readonly words = words.recording;
  protected readonly open = inject(OpenRecording);
  protected readonly store = inject(TranscriptStore);
  protected readonly player = inject(Player);
  private readonly dialog = inject(Dialog);
  private readonly notices = inject(Notices);
  private readonly library = inject(LibraryPlace);

  private readonly audio = viewChild<ElementRef<HTMLAudioElement>>('audio');
  private readonly head = viewChild<ElementRef<HTMLElement>>('head');
  private readonly titleRow = viewChild(TitleRow);

  protected readonly source = computed(() => addressOf(`/api/v1/recordings/${this.id()}/preview`));
  protected readonly unread = signal<unknown>(null);
  protected readonly transcript = this.store.transcript;
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  private readonly injector = inject(Injector);
  private isAsked = false;
  /** A button of the job's state was pressed, which may go with that. */
  protected isPressed = false;
  /** The text was seen growing: it stays until the transcript can take its place. */
  private readonly grew = signal(false);
  /** A newer transcript is being made beside the one that is shown. */
  private readonly outdated = signal(false);
  protected readonly showsGrowing = computed(
    () =>
      this.transcript() === null &&
      (this.open.running() || (this.grew() && this.open.hasTranscript())),
  );
  protected readonly bands = computed(() => speakerBands(this.transcript()));
  protected readonly doubts = computed(() => doubtTimes(this.transcript(), this.store.doubtful()));

  protected readonly narrow = signal(matchMedia(NARROW).matches);
  protected readonly sheet = signal(false);
  protected readonly headHeight = signal(0);

  constructor() {
    effect(() => {
      const id = this.id();
      untracked(() => void this.open.load(id));
    });
    effect(() => this.begin());
    effect(() => this.learn());
    effect(() => this.readTranscript());
    effect(() => this.noteGrowth());
    effect(() => this.follow());
    effect(() => void this.askForTrash());
    effect(() => {
      if (!this.open.inTrash()) this.store.goOn();
    });
    effect(() => this.keepFocus());
    afterRenderEffect((done) => {
      const audio = this.audio()?.nativeElement;
      if (audio) untracked(() => this.player.attach(audio));
      done(() => undefined);
    });
    this.measure();
    this.addKeys();
  }

  protected rename(): void {
    this.titleRow()?.edit();
  }

  protected showExport(): void {
    if (!this.open.hasTranscript()) return;
    this.dialog.open(ExportPanel, {
      data: this.id(),
      ariaLabelledBy: 'export',
      autoFocus: 'first-heading',
      backdropClass: 'backdrop',
    });
  }

  protected rerun(): void {
    const data: Wanted = {
      options: this.open.job()?.options ?? null,
      again: this.open.hasTranscript(),
      start: (options, priority) => this.open.transcribe(options, priority),
    };
    this.dialog.open(Rerun, {
      data,
      ariaLabelledBy: 'rerun',
      autoFocus: 'first-heading',
      backdropClass: 'backdrop',
    });
  }

  protected async remove(): Promise<void> {
    if (!(await this.open.remove())) return;
    await this.library.open();
    this.notices.say(this.words.deleted, {
      name: words.frame.undo,
      act: () => void this.open.restore(),
    });
  }

  protected async read(): Promise<void> {
    this.isAsked = true;
    this.unread.set(null);
    try {
      await this.store.load(this.id());
    } catch (error) {
      this.unread.set(error);
      this.isAsked = false;
    }
  }

  private begin(): void {
    const seconds = Number(this.t() ?? NaN);
    if (Number.isFinite(seconds)) untracked(() => this.player.seek(seconds));
  }

  /** What the player cannot know by itself: how long it all is, and where nobody speaks. */
  private learn(): void {
    const duration = this.open.recording()?.duration;
    const segments = this.transcript()?.segments ?? [];
    untracked(() => {
      if (duration) this.player.expect(duration);
      this.player.knowSilences(silencesBetween(segments, duration ?? 0));
    });
  }

  private readTranscript(): void {
    const recording = this.open.recording();
    if (recording?.id !== this.id() || recording.transcript_id === null) return;
    untracked(() => {
      if (!this.isAsked) void this.read();
    });
  }

  /** Text that grows stays until its transcript is there; a transcript made beside another takes its place. */
  private noteGrowth(): void {
    const [running, there] = [this.open.running(), this.transcript() !== null];
    untracked(() => {
      if (running) (there ? this.outdated : this.grew).set(true);
      if (running || !there) return;
      this.grew.set(false);
      if (!this.outdated()) return;
      this.outdated.set(false);
      void this.store.reload().catch((error: unknown) => this.notices.fail(error));
    });
  }

  /** Another tab may have changed the transcript. */
  private follow(): void {
    const version = this.open.recording()?.transcript_id;
    // What could not be read is read again with the next change.
    if (version) untracked(() => void this.store.follow(version).catch(() => undefined));
  }

  /** The server takes no change to what is in the trash: say so, and go on once it has been brought back. */
  private async askForTrash(): Promise<void> {
    if (!this.store.inTrash()) return;
    await this.open.refresh();
    if (this.open.missing() || !this.open.inTrash()) this.store.goOn();
  }

  /** Where a press took away what was pressed, the focus goes to what came in its place. */
  private keepFocus(): void {
    const state = this.open.job()?.state;
    if (!state || !this.isPressed) return;
    const focus = () => {
      if (document.activeElement !== document.body) return;
      this.isPressed = false;
      const box = this.host.querySelector<HTMLElement>('a-running-job, a-ended-job');
      (box ?? document.querySelector('main'))?.focus();
    };
    untracked(() => afterNextRender(focus, { injector: this.injector }));
  }

  private measure(): void {
    const root = document.documentElement;
    const query = matchMedia(NARROW);
    const changed = () => this.narrow.set(query.matches);
    query.addEventListener('change', changed);
    inject(DestroyRef).onDestroy(() => {
      query.removeEventListener('change', changed);
      root.style.scrollPaddingTop = '';
    });
    afterRenderEffect((done) => {
      const head = this.head()?.nativeElement;
      if (!head) return;
      const size = new ResizeObserver(() => {
        const sticks = getComputedStyle(head).position === 'sticky';
        this.headHeight.set(sticks ? head.offsetHeight : 0);
        root.style.scrollPaddingTop = `${this.headHeight() + 16}px`;
      });
      size.observe(head);
      done(() => size.disconnect());
    });
  }

  private addKeys(): void {
    inject(Shortcuts).add(this.words.keys.title, [
      { keys: ['x'], words: this.words.keys.export, act: () => this.showExport() },
      { keys: ['f2'], words: this.words.keys.rename, act: () => this.rename() },
    ]);
  }
}

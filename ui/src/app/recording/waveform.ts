import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  CSP_NONCE,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import WaveSurfer from 'wavesurfer.js';
import { addressOf, send } from '../api/client';
import { position } from '../format/amounts';
import { words } from '../words';
import { readPeaks } from './peaks';
import { Player } from './player';
import { colorOf, watchTheme } from './theme-colors';
import { type Band, drawMarks } from './waveform-marks';

/** How far (s) keys move the playhead. */
const STEP = 5;
const LEAP = 60;

/**
 * The whole recording at a glance: its loudness, who speaks when, and which words are doubtful.
 *
 * Wavesurfer draws the loudness from the server's outline and never sees the sound itself: 5 hours of it
 * would fill the memory of a phone.
 */
@Component({
  selector: 'a-waveform',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './waveform.html',
  styleUrl: './waveform.scss',
})
export class Waveform {
  /** The recording whose outline is drawn. */
  readonly recordingId = input.required<string>();
  /** Whether there is an outline: it is drawn while the recording is first read. */
  readonly outlined = input.required<boolean>();
  readonly audio = input.required<HTMLMediaElement>();
  readonly bands = input<readonly Band[]>([]);
  /** Where the doubtful words are, in seconds. */
  readonly doubts = input<readonly number[]>([]);

  protected readonly words = words.recording.waveform;
  protected readonly player = inject(Player);
  private readonly nonce = inject(CSP_NONCE, { optional: true });
  private readonly frame = viewChild.required<ElementRef<HTMLElement>>('frame');
  private readonly sound = viewChild.required<ElementRef<HTMLElement>>('sound');
  private readonly marks = viewChild.required<ElementRef<HTMLCanvasElement>>('marks');
  private readonly playhead = viewChild.required<ElementRef<HTMLElement>>('playhead');

  private readonly peaks = signal<Float32Array | null>(null);
  private readonly look = signal(0);
  private readonly width = signal(0);
  private drawing: WaveSurfer | null = null;
  private drawn: Float32Array | null = null;
  private dragging = false;

  protected readonly hasPeaks = computed(() => this.peaks() !== null);
  protected readonly second = computed(() => Math.floor(this.player.time()));
  protected readonly spoken = computed(() =>
    this.words.at(position(this.second()), position(this.player.duration())),
  );
  /** Where the pointer is: the share of the width, and the time there. */
  protected readonly pointed = signal<{ readonly percent: number; readonly time: string } | null>(
    null,
  );

  constructor() {
    const destroyed = inject(DestroyRef);
    destroyed.onDestroy(watchTheme(() => this.look.update((n) => n + 1)));
    destroyed.onDestroy(() => this.drawing?.destroy());
    effect(() => {
      this.peaks.set(null);
      if (this.outlined()) void this.fetch(this.recordingId());
    });
    afterRenderEffect(() => this.draw());
    afterRenderEffect(() => this.mark());
    afterRenderEffect(() => this.follow());
    afterRenderEffect((done) => {
      const frame = this.frame().nativeElement;
      const size = new ResizeObserver(() => this.width.set(frame.clientWidth));
      size.observe(frame);
      done(() => size.disconnect());
    });
  }

  protected press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.dragging = true;
    this.frame().nativeElement.setPointerCapture(event.pointerId);
    this.player.seek(this.timeAt(event));
  }

  protected move(event: PointerEvent): void {
    const time = this.timeAt(event);
    const duration = this.player.duration();
    if (duration) this.pointed.set({ percent: (time / duration) * 100, time: position(time) });
    if (this.dragging) this.player.seek(time);
  }

  protected release(): void {
    this.dragging = false;
  }

  protected key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = this.player.time();
    const places: Record<string, number> = {
      ArrowLeft: now - STEP,
      ArrowDown: now - STEP,
      ArrowRight: now + STEP,
      ArrowUp: now + STEP,
      PageDown: now - LEAP,
      PageUp: now + LEAP,
      Home: 0,
      End: this.player.duration(),
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.player.seek(place);
  }

  private timeAt(event: PointerEvent): number {
    const frame = this.frame().nativeElement.getBoundingClientRect();
    const share = Math.min(Math.max(0, (event.clientX - frame.left) / frame.width), 1);
    return share * this.player.duration();
  }

  private async fetch(id: string): Promise<void> {
    const address = addressOf(`/api/v1/recordings/${id}/peaks?format=dat`);
    try {
      const answer = await send(new Request(address));
      const peaks = answer.ok ? readPeaks(await answer.arrayBuffer()) : null;
      if (id === this.recordingId()) this.peaks.set(peaks);
    } catch {
      // Without an outline the line stays plain, and the sound is there all the same.
    }
  }

  private draw(): void {
    const peaks = this.peaks();
    const duration = this.player.duration();
    const sound = this.sound().nativeElement;
    this.look();
    const colors = {
      waveColor: colorOf('--edge', sound),
      progressColor: colorOf('--ink', sound),
    };
    if (this.drawing && this.drawn === peaks) {
      this.drawing.setOptions(colors);
      return;
    }
    this.drawing?.destroy();
    this.drawing = null;
    if (peaks === null || !duration) return;
    this.drawn = peaks;
    this.drawing = WaveSurfer.create({
      ...colors,
      container: sound,
      media: this.audio(),
      peaks: [peaks],
      duration,
      height: 'auto',
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      cursorWidth: 0,
      normalize: true,
      interact: false,
      hideScrollbar: true,
      ...(this.nonce ? { cspNonce: this.nonce } : {}),
    });
  }

  private mark(): void {
    this.look();
    this.width();
    const canvas = this.marks().nativeElement;
    drawMarks(canvas, {
      bands: this.bands(),
      doubts: this.doubts(),
      duration: this.player.duration(),
    });
  }

  private follow(): void {
    const duration = this.player.duration();
    const share = duration ? Math.min(this.player.time() / duration, 1) : 0;
    this.playhead().nativeElement.style.transform = `translateX(${share * this.width()}px)`;
  }
}

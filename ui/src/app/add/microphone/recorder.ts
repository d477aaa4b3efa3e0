import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Session as SignedIn } from '../../api/session';
import { words } from '../../words';
import { forget, holdWhile, isFull, keepChunk, keepSession, type Session } from './recording-store';
import { openSource, type Source, type Wanted } from './sources';

const said = words.microphone;

/** Written best first; MediaRecorder takes the first that the browser can. */
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4;codecs=mp4a.40.2', 'audio/ogg;codecs=opus'];
/** A crash loses no more than this (ms). */
const SLICE = 1000;
/** So often (ms) the level is looked at. */
const TICK = 100;
/** So long (ms) nothing may be heard before somebody is told. */
const PATIENCE = 5000;
/** Amplitudes below this (-60 dBFS) are no sound. */
const SILENCE = 0.001;

export type RecorderState = 'idle' | 'starting' | 'recording' | 'paused' | 'stopped';

/** What was recorded. */
export interface Sound {
  readonly session: Session;
  readonly blob: Blob;
}

/**
 * Records sound, and keeps every second of it in this browser as it comes; it goes on whatever page is shown.
 */
@Injectable({ providedIn: 'root' })
export class Recorder {
  private readonly signedIn = inject(SignedIn);
  readonly state = signal<RecorderState>('idle');
  /** Seconds of sound. */
  readonly elapsed = signal(0);
  /** How loud it is, 0 to 1. */
  readonly level = signal(0);
  readonly silent = signal(false);
  /** Why it did not begin, or ended by itself. */
  readonly fault = signal('');
  readonly sound = signal<Sound | null>(null);
  /** Whether somebody is recording, or has paused. */
  readonly running = computed(() => ['recording', 'paused'].includes(this.state()));

  private source: Source | null = null;
  private media: MediaRecorder | null = null;
  private session: Session | null = null;
  private chunks: Blob[] = [];
  private keeping: Promise<void> = Promise.resolve();
  private ticking: ReturnType<typeof setInterval> | undefined;
  private heardAt = 0;
  private tickedAt = 0;
  private lock: WakeLockSentinel | null = null;
  private letGo: () => void = () => undefined;

  constructor() {
    addEventListener('beforeunload', (event) => {
      if (this.running()) event.preventDefault();
    });
    // Nobody goes on recording for somebody who has signed out.
    effect(() => {
      if (this.signedIn.user() === null) untracked(() => this.stop());
    });
  }

  /** Begin; where that fails, `fault` says why. */
  async start(wanted: Wanted, title: string): Promise<void> {
    this.reset();
    this.state.set('starting');
    try {
      this.source = await openSource(wanted);
    } catch (error) {
      this.fault.set(error instanceof Error ? error.message : String(error));
      this.state.set('idle');
      return;
    }
    this.source.onEnded(() => {
      this.fault.set(wanted.kind === 'tab' ? said.sourceEnded : said.ended);
      this.stop();
    });
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? '';
    this.media = new MediaRecorder(this.source.stream, {
      mimeType: type,
      audioBitsPerSecond: 96_000,
    });
    await this.begin(this.media, title);
  }

  pause(): void {
    this.media?.pause();
    this.tick();
    this.state.set('paused');
    this.level.set(0);
    this.silent.set(false);
  }

  resume(): void {
    this.media?.resume();
    this.tickedAt = this.heardAt = performance.now();
    this.state.set('recording');
  }

  /** End it; `sound` has it once the last piece is there. */
  stop(): void {
    if (this.media && this.media.state !== 'inactive') this.media.stop();
  }

  /** Throw away what was recorded. */
  async discard(): Promise<void> {
    const id = this.session?.id;
    if (this.media) this.media.onstop = null;
    this.stop();
    this.close();
    this.reset();
    this.state.set('idle');
    await this.keeping;
    if (id) await forget(id).catch(() => undefined);
  }

  /** Make room for the next; what was recorded stays kept until somebody forgets it. */
  reset(): void {
    this.session = null;
    this.chunks = [];
    this.sound.set(null);
    this.fault.set('');
    this.elapsed.set(0);
    this.silent.set(false);
    if (this.state() === 'stopped') this.state.set('idle');
  }

  private async begin(media: MediaRecorder, title: string): Promise<void> {
    this.session = {
      id: `${Date.now()}-${crypto.getRandomValues(new Uint32Array(1))[0]}`,
      owner: this.signedIn.user()?.name ?? '',
      title,
      type: media.mimeType.split(';')[0] ?? '',
      startedAt: new Date().toISOString(),
      seconds: 0,
    };
    holdWhile(this.session.id, new Promise((resolve) => (this.letGo = resolve)));
    try {
      await keepSession(this.session);
    } catch {
      this.fault.set(said.faults.noStore);
    }
    media.ondataavailable = (event) => this.take(event.data);
    media.onstop = () => this.finish();
    media.start(SLICE);
    this.tickedAt = this.heardAt = performance.now();
    this.state.set('recording');
    this.ticking = setInterval(() => this.tick(), TICK);
    await this.stayAwake();
  }

  /** A piece of sound has come. */
  private take(blob: Blob): void {
    if (blob.size === 0 || !this.session) return;
    const number = this.chunks.push(blob) - 1;
    const session = (this.session = { ...this.session, seconds: this.elapsed() });
    this.keeping = this.keeping
      .then(() => keepChunk(session, number, blob))
      .catch((error: unknown) => {
        if (!isFull(error)) return;
        this.fault.set(said.faults.full);
        this.stop();
      });
  }

  private tick(): void {
    const now = performance.now();
    if (this.state() !== 'recording' || !this.source) return;
    this.elapsed.update((seconds) => seconds + (now - this.tickedAt) / 1000);
    this.tickedAt = now;
    const level = this.source.level();
    this.level.set(level);
    if (level > SILENCE) this.heardAt = now;
    this.silent.set(now - this.heardAt > PATIENCE);
  }

  private finish(): void {
    this.tick();
    this.close();
    this.state.set('stopped');
    if (!this.session) return;
    const session = { ...this.session, seconds: this.elapsed() };
    this.sound.set({ session, blob: new Blob(this.chunks, { type: session.type }) });
  }

  private close(): void {
    clearInterval(this.ticking);
    this.source?.close();
    this.source = null;
    this.media = null;
    this.level.set(0);
    this.silent.set(false);
    this.letGo();
    void this.lock?.release();
    this.lock = null;
  }

  /** A screen that goes dark would end the recording on a phone. */
  private async stayAwake(): Promise<void> {
    if (!('wakeLock' in navigator)) return;
    try {
      this.lock = await navigator.wakeLock.request('screen');
    } catch {
      // The battery is low or the page hidden: it records without.
    }
  }
}

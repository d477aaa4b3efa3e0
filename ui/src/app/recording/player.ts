import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { keep, kept } from '../frame/kept';

/** A stretch of a recording, in seconds. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

export const SLOWEST = 0.5;
export const FASTEST = 3;
/** What `,` and `.` step through, and the menu offers. */
export const RATES: readonly number[] = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

/**
 * Plays the recording of this page: what is seen follows `time`, what is clicked calls `seek`.
 *
 * All times are seconds from the recording's start.
 */
@Injectable()
export class Player {
  private audio: HTMLMediaElement | null = null;
  private frame = 0;
  private heard: (Stretch & { readonly loop: boolean }) | null = null;
  private wanted: number | null = null;
  private detach = (): void => undefined;

  private readonly at = signal(0);
  private readonly long = signal(0);
  private readonly on = signal(false);
  private readonly speed = signal(kept('rate', 1));
  private readonly loud = signal(kept('volume', 1));
  private readonly able = signal(false);
  private readonly broken = signal(false);
  private readonly starved = signal(false);
  private readonly skips = signal(kept('skipSilence', false));
  private readonly silences = signal<readonly Stretch[]>([]);
  private readonly sought = signal(0);

  /** Where the sound is; changes with every frame while it plays. */
  readonly time = this.at.asReadonly();
  /** As the browser knows it, or as the server measured it until then. */
  readonly duration = this.long.asReadonly();
  readonly playing = this.on.asReadonly();
  readonly rate = this.speed.asReadonly();
  /** 0 to 1. */
  readonly volume = this.loud.asReadonly();
  /** True once there is something to play. */
  readonly ready = this.able.asReadonly();
  /** True where the browser cannot play what the server sends. */
  readonly failed = this.broken.asReadonly();
  /** True while it wants to play and the sound has not come yet. */
  readonly waiting = this.starved.asReadonly();
  readonly skipsSilence = this.skips.asReadonly();
  /** How often somebody went to another place. */
  readonly seeks = this.sought.asReadonly();
  /** Whole tenths of a second: for what need not change with every frame. */
  readonly tenths = computed(() => Math.floor(this.at() * 10));

  constructor() {
    inject(DestroyRef).onDestroy(() => this.release());
  }

  /** Play through this element from now on. */
  attach(audio: HTMLMediaElement): void {
    this.release();
    this.audio = audio;
    const controller = new AbortController();
    const on = (event: string, act: () => void) =>
      audio.addEventListener(event, act, { signal: controller.signal });
    on('loadedmetadata', () => this.loaded(audio));
    on('play', () => this.started());
    on('pause', () => this.stopped());
    on('ended', () => this.stopped());
    on('seeked', () => this.at.set(audio.currentTime));
    on('error', () => this.broken.set(true));
    on('waiting', () => this.starved.set(true));
    on('playing', () => this.starved.set(false));
    audio.volume = this.loud();
    this.detach = () => controller.abort();
    if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) this.loaded(audio);
  }

  /** How long the recording is, where the server knows it before the browser does. */
  expect(duration: number): void {
    if (!this.able()) this.long.set(duration);
  }

  /** Where nobody speaks; what `skipsSilence` jumps over. In order of time. */
  knowSilences(silences: readonly Stretch[]): void {
    this.silences.set(silences);
  }

  play(): void {
    // Refused where nobody has touched the page yet, or the sound is not there: the state says so already.
    this.audio?.play().catch(() => undefined);
  }

  pause(): void {
    this.audio?.pause();
  }

  toggle(): void {
    if (this.on()) this.pause();
    else this.play();
  }

  /** Go to a place; goes on playing or stays silent, as it was. */
  seek(seconds: number): void {
    const limit = this.long() || Infinity;
    const place = Math.min(Math.max(0, seconds), limit);
    this.heard = null;
    this.sought.update((n) => n + 1);
    this.jump(place);
  }

  skip(seconds: number): void {
    this.seek(this.at() + seconds);
  }

  /** Play one stretch and stop at its end, or begin it again until `stopHearing`. */
  hear(start: number, end: number, loop = false): void {
    this.heard = { start: Math.max(0, start), end: Math.min(end, this.long() || end), loop };
    this.jump(this.heard.start);
    this.play();
  }

  /** End what `hear` began. */
  stopHearing(): void {
    if (this.heard === null) return;
    this.heard = null;
    this.pause();
  }

  /** 0.5 to 3; kept for the next recording. */
  setRate(rate: number): void {
    const kept = Math.min(Math.max(rate, SLOWEST), FASTEST);
    this.speed.set(kept);
    keep('rate', kept);
    if (this.audio) this.audio.playbackRate = kept;
  }

  /** The next faster (1) or slower (-1) of the usual rates. */
  stepRate(direction: 1 | -1): void {
    const now = this.speed();
    const next =
      direction > 0 ? RATES.find((rate) => rate > now) : RATES.findLast((rate) => rate < now);
    if (next !== undefined) this.setRate(next);
  }

  setVolume(volume: number): void {
    this.loud.set(volume);
    keep('volume', volume);
    if (this.audio) this.audio.volume = volume;
  }

  skipSilence(on: boolean): void {
    this.skips.set(on);
    keep('skipSilence', on);
  }

  private jump(place: number): void {
    this.at.set(place);
    if (this.audio && this.able()) this.audio.currentTime = place;
    else this.wanted = place;
  }

  private loaded(audio: HTMLMediaElement): void {
    if (Number.isFinite(audio.duration) && audio.duration > 0) this.long.set(audio.duration);
    // Loading sets the rate back to 1.
    audio.playbackRate = this.speed();
    this.broken.set(false);
    this.able.set(true);
    if (this.wanted === null) return;
    audio.currentTime = this.wanted;
    this.wanted = null;
  }

  private started(): void {
    this.on.set(true);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  private stopped(): void {
    this.on.set(false);
    this.starved.set(false);
    cancelAnimationFrame(this.frame);
    if (this.audio && this.able()) this.at.set(this.audio.currentTime);
  }

  private follow(): void {
    const audio = this.audio;
    if (audio === null || !this.on()) return;
    const now = audio.currentTime;
    if (!audio.seeking) this.at.set(now);
    if (this.heard && now >= this.heard.end) this.endStretch(audio, this.heard);
    else if (this.heard === null && this.skips()) this.leap(audio, now);
    this.frame = requestAnimationFrame(() => this.follow());
  }

  private endStretch(audio: HTMLMediaElement, stretch: Stretch & { readonly loop: boolean }): void {
    if (stretch.loop) {
      audio.currentTime = stretch.start;
      return;
    }
    this.heard = null;
    audio.pause();
  }

  private leap(audio: HTMLMediaElement, now: number): void {
    const silence = holding(this.silences(), now);
    if (silence && !audio.seeking) audio.currentTime = silence.end;
  }

  private release(): void {
    this.detach();
    cancelAnimationFrame(this.frame);
    this.audio?.pause();
    this.audio = null;
    this.able.set(false);
    this.on.set(false);
  }
}

/** The stretch that holds a moment; undefined where none does. The stretches are in order and apart. */
export function holding(stretches: readonly Stretch[], time: number): Stretch | undefined {
  let [low, high] = [0, stretches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.end ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  const found = stretches[low];
  return found && found.start <= time ? found : undefined;
}

/** A pause as long as this (s) may be skipped; a little of it stays at both ends, so that no word is cut. */
const LONG_PAUSE = 1;
const MARGIN = 0.25;

/** Where nobody speaks for longer than a second, given who speaks when (in order of their starts). */
export function silencesBetween(speech: readonly Stretch[], duration: number): Stretch[] {
  const silences: Stretch[] = [];
  let reached = 0;
  const note = (next: number, last: boolean) => {
    if (next - reached <= LONG_PAUSE) return;
    silences.push({
      start: reached === 0 ? 0 : reached + MARGIN,
      end: last ? next : next - MARGIN,
    });
  };
  for (const one of speech) {
    note(one.start, false);
    reached = Math.max(reached, one.end);
  }
  if (speech.length > 0) note(duration, true);
  return silences;
}

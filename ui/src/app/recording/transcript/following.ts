import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Player } from '../player';
import { wordAt, type WordPlace } from './model';
import { TranscriptPage } from './page';
import { TranscriptStore } from './transcript-store';
import { frameOf } from './seeing';

/** Lights the word that is spoken, and keeps it in view unless the reader has gone elsewhere. */
@Injectable()
export class Following {
  private readonly player = inject(Player);
  private readonly store = inject(TranscriptStore);
  private readonly page = inject(TranscriptPage);
  private place: WordPlace | null = null;
  private lit: HTMLElement | null = null;
  private seeks = 0;
  /** The text of the place was not there yet when the sound went to it. */
  private isOwed = false;
  /** Until when (ms) the view moves by our own doing. */
  private movingUntil = 0;
  private readonly away = signal(false);

  /** The reader has scrolled away from what is spoken. */
  readonly isAway = this.away.asReadonly();
  /** Where the sound is, in whole seconds. */
  readonly seconds = computed(() => Math.floor(this.player.time()));

  constructor() {
    effect(() => {
      const [transcript, time, seeks] = [
        this.store.transcript(),
        this.player.time(),
        this.player.seeks(),
      ];
      if (!transcript) return;
      untracked(() => this.moveTo(time > 0 ? wordAt(transcript, time) : null, seeks));
    });
  }

  /** The segment (id) that is spoken; null before the first. */
  segment(): number | null {
    return this.place?.segment ?? null;
  }

  /** The nodes of a segment are new: light its word again. */
  written(segment: number): void {
    if (this.place?.segment !== segment) return;
    this.light();
    if (!this.isOwed) return;
    this.isOwed = false;
    // Once the rest of the text has its place as well.
    requestAnimationFrame(() => {
      if (!this.away() && !this.isInView()) this.show('instant');
    });
  }

  /** Go back to what is spoken, and stay with it. */
  comeBack(): void {
    this.away.set(false);
    this.show('smooth');
  }

  /** The view was scrolled, by whomever. */
  scrolled(): void {
    if (performance.now() < this.movingUntil || !this.place) return;
    this.away.set(!this.isInView());
  }

  /** The reader takes hold of the view. */
  taken(): void {
    this.movingUntil = 0;
  }

  private moveTo(place: WordPlace | null, seeks: number): void {
    const same = place?.segment === this.place?.segment && place?.word === this.place?.word;
    if (same && seeks === this.seeks) return;
    // Whoever goes to a moment wants to see it.
    if (seeks !== this.seeks) this.away.set(false);
    this.seeks = seeks;
    this.place = place;
    this.light();
    this.isOwed = place !== null && this.target() === null;
    if (!this.away() && !this.isInView()) this.show('smooth');
  }

  private light(): void {
    const element = this.element();
    if (element === this.lit) return;
    this.lit?.classList.remove('spoken');
    element?.classList.add('spoken');
    this.lit = element;
  }

  private element(): HTMLElement | null {
    if (!this.place) return null;
    return this.page.find(this.place.segment)?.wordElement(this.place.word) ?? null;
  }

  private target(): HTMLElement | null {
    const segment = this.place && this.page.find(this.place.segment);
    return this.element() ?? segment?.element ?? null;
  }

  private isInView(): boolean {
    const target = this.target();
    if (!target) return true;
    const [top, bottom] = frameOf(target);
    const box = target.getClientRects()[0] ?? target.getBoundingClientRect();
    return box.top >= top && box.bottom <= bottom;
  }

  private show(how: ScrollBehavior): void {
    const target = this.target();
    // Somebody who types or checks a word looks at that.
    if (!target || this.store.reviewing() || document.querySelector('.segment[contenteditable]'))
      return;
    const box = target.getBoundingClientRect();
    const isFar = box.top < -innerHeight || box.top > 2 * innerHeight;
    this.movingUntil = performance.now() + 900;
    target.scrollIntoView({ block: isFar ? 'center' : 'start', behavior: isFar ? 'instant' : how });
  }
}

import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { words } from '../../words';
import { Player } from '../player';
import { Following } from './following';
import { segmentOf, type Word, type WordPlace } from './model';
import { TranscriptPage } from './page';
import type { Operation } from './operations';
import { corrected, withWords } from './correcting';
import { alike, core } from './spelling';
import { TranscriptStore } from './transcript-store';

/** How much is heard before and after a doubtful word, in seconds. */
const AROUND = 0.5;

interface Asked {
  /** The segment's id. */
  readonly segment: number;
  readonly word: Word;
  /** Which of its words it is. */
  readonly n: number;
}

/** Goes through the doubtful words, one after the other: hear it, accept or correct it. */
@Injectable()
export class Reviewing {
  private readonly store = inject(TranscriptStore);
  private readonly page = inject(TranscriptPage);
  private readonly player = inject(Player);
  private readonly following = inject(Following);
  private readonly place = signal<WordPlace | null>(null);
  /** The segment (id) of the word that was asked about last. */
  private last: number | null = null;
  private marked: readonly (HTMLElement | null | undefined)[] = [];
  /** The word that the view was moved to; its nodes come after those of segments far away. */
  private shown: WordPlace | null = null;

  /** How many words were doubtful when it began. */
  readonly total = signal(0);
  readonly checked = computed(() => Math.max(0, this.total() - this.store.doubtful().length));
  /** The word in question; null when all are checked. */
  readonly asked = computed<Asked | null>(
    () => {
      const [transcript, place] = [this.store.transcript(), this.place()];
      const segment = transcript && place && segmentOf(transcript, place.segment);
      const word = segment?.words[place?.word ?? -1];
      return segment && word && place ? { segment: segment.id, word, n: place.word } : null;
    },
    // The server's answer brings the same words anew: what is being typed about one of them stays.
    { equal: isSame },
  );
  /** All doubtful words that are the same as the one in question, itself included. */
  readonly same = computed<readonly WordPlace[]>(() => {
    const [asked, transcript] = [this.asked(), this.store.transcript()];
    if (!asked || !transcript) return [];
    const segments = new Map(transcript.segments.map((one) => [one.id, one]));
    return this.store.doubtful().filter(({ segment, word }) => {
      const other = segments.get(segment)?.words[word];
      return other && alike(other.text, asked.word.text);
    });
  });

  constructor() {
    effect(() => {
      const on = this.store.reviewing();
      untracked(() => (on ? this.begin() : this.end()));
    });
    effect(() => {
      this.page.written();
      const asked = this.asked();
      untracked(() => this.mark(asked && { segment: asked.segment, word: asked.n }));
    });
  }

  /** The next doubtful word (1) or the one before (-1), round and round. */
  step(by: 1 | -1): void {
    const [all, place] = [this.store.doubtful(), this.place()];
    const here = all.findIndex((one) => one.segment === place?.segment && one.word === place.word);
    this.go(all[(here + by + all.length) % all.length] ?? null);
  }

  /** Hear the word again. */
  hear(): void {
    const asked = this.asked();
    if (asked) this.player.hear(asked.word.start - AROUND, asked.word.end + AROUND, true);
  }

  /** The word is right as it is, or (with a text) is this; with `all`, so are all like it. */
  decide(text: string | null, all: boolean): void {
    const [asked, transcript] = [this.asked(), this.store.transcript()];
    if (!asked || !transcript) return;
    const here = { segment: asked.segment, word: asked.n };
    const places = all ? this.same() : [here];
    const operations = text === null ? accept(places) : this.correct(places, asked.word, text);
    void this.store.apply(operations, words.editing.did.checked);
    this.go(this.after(here));
  }

  /** Take the last change back; while words are checked, ask again about those it had checked. */
  undo(): void {
    const before = new Set(this.store.doubtful().map(keyOf));
    this.store.undo();
    if (!this.store.reviewing()) return;
    const again = this.store.doubtful().find((one) => !before.has(keyOf(one)));
    if (again) this.go(again);
  }

  /** Stop, and go back to the text where one was. */
  leave(): void {
    const segment = this.place()?.segment ?? this.last;
    this.store.reviewing.set(false);
    if (segment !== null) this.page.focus(segment);
  }

  /** Move the view to the word in question. */
  show(): void {
    const place = this.place();
    const segment = place && this.page.find(place.segment);
    if (!segment) return;
    const target = segment.wordElement(place.word) ?? segment.element;
    target.scrollIntoView({ block: 'center', behavior: 'instant' });
  }

  private correct(places: readonly WordPlace[], asked: Word, text: string): readonly Operation[] {
    const ids = new Set(places.map((one) => one.segment));
    const some = this.store.transcript()?.segments.filter((one) => ids.has(one.id)) ?? [];
    return some.map((segment) => {
      const own = places.filter((one) => one.segment === segment.id).map((one) => one.word);
      const changed = withWords(segment, (word, n) =>
        own.includes(n) ? corrected(word, core(asked.text).text, text) : word,
      );
      return { op: 'put_back', ids: [segment.id], segments: [changed] };
    });
  }

  /** The first doubtful word at a place or behind it; from the beginning where there is none. */
  private after(place: WordPlace): WordPlace | null {
    const order = new Map(this.store.transcript()?.segments.map((one, n) => [one.id, n]));
    const here = order.get(place.segment) ?? 0;
    const all = this.store.doubtful();
    const isBehind = (one: WordPlace) => {
      const at = order.get(one.segment) ?? 0;
      return at > here || (at === here && one.word >= place.word);
    };
    return all.find(isBehind) ?? all[0] ?? null;
  }

  private begin(): void {
    this.total.set(this.store.doubtful().length);
    const segment = this.page.activeId() ?? this.following.segment();
    this.go(
      segment === null ? (this.store.doubtful()[0] ?? null) : this.after({ segment, word: 0 }),
    );
  }

  private end(): void {
    this.player.stopHearing();
    this.place.set(null);
    this.shown = null;
  }

  private go(place: WordPlace | null): void {
    this.place.set(place);
    if (!place) return this.player.stopHearing();
    this.last = place.segment;
    this.hear();
    this.show();
  }

  private mark(place: WordPlace | null): void {
    for (const one of this.marked) one?.classList.remove('asked', 'in-review');
    const segment = place && this.page.find(place.segment);
    const word = segment && place ? segment.wordElement(place.word) : null;
    this.marked = [segment?.element, word];
    segment?.element.classList.add('in-review');
    word?.classList.add('asked');
    if (!word || (this.shown?.segment === place?.segment && this.shown?.word === place?.word))
      return;
    this.shown = place;
    this.show();
  }
}

function isSame(one: Asked | null, other: Asked | null): boolean {
  if (!one || !other) return one === other;
  const isThere = one.segment === other.segment && one.n === other.n;
  return isThere && JSON.stringify(one.word) === JSON.stringify(other.word);
}

function keyOf(place: WordPlace): string {
  return `${place.segment} ${place.word}`;
}

function accept(places: readonly WordPlace[]): readonly Operation[] {
  return places.map(({ segment, word }) => ({
    op: 'check_words',
    id: segment,
    first: word,
    last: word,
  }));
}

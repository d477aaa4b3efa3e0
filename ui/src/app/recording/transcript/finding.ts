import {
  computed,
  effect,
  inject,
  Injectable,
  linkedSignal,
  signal,
  untracked,
} from '@angular/core';
import { words } from '../../words';
import { segmentOf } from './model';
import { TranscriptPage } from './page';
import { frameOf } from './seeing';
import { expression, oneLine } from './spelling';
import { TranscriptStore } from './transcript-store';
import { rangeIn } from './words-in-place';

/** How much of the text (pixels) the bar covers at most. */
const BAR = 190;

/** A place where something was found. */
interface Match {
  readonly segment: number;
  readonly begin: number;
  readonly end: number;
}

/** Find and replace in the whole transcript, also in what is not in view. */
@Injectable()
export class Finding {
  private readonly store = inject(TranscriptStore);
  private readonly page = inject(TranscriptPage);
  private painting = 0;

  /** The bar is there. */
  readonly open = this.store.finding;
  readonly find = signal('');
  readonly by = signal('');
  readonly matchCase = signal(false);
  readonly wholeWords = signal(false);

  readonly matches = computed<readonly Match[]>(() => {
    const transcript = this.store.transcript();
    const found = expression({
      find: this.open() ? this.find() : '',
      matchCase: this.matchCase(),
      wholeWords: this.wholeWords(),
    });
    if (!found || !transcript) return [];
    return transcript.segments.flatMap(({ id, text }) =>
      [...text.matchAll(found)].map((one) => ({
        segment: id,
        begin: one.index,
        end: one.index + one[0].length,
      })),
    );
  });
  /** Which match (from 0) one is at; it stays where it is when others go. */
  readonly at = linkedSignal<readonly Match[], number>({
    source: this.matches,
    computation: (matches, before) => Math.max(0, Math.min(before?.value ?? 0, matches.length - 1)),
  });

  constructor() {
    effect((undo) => {
      this.page.written();
      const [matches, at] = [this.matches(), this.at()];
      cancelAnimationFrame(this.painting);
      this.painting = requestAnimationFrame(() => this.paint(matches, at));
      undo(() => cancelAnimationFrame(this.painting));
    });
  }

  /** Look for something else; begin with what comes after the part one reads. */
  look(find: string): void {
    this.find.set(find);
    this.at.set(0);
    this.show();
  }

  /** The next match (1) or the one before (-1), round and round. */
  step(by: 1 | -1): void {
    const count = this.matches().length;
    if (!count) return;
    this.at.update((at) => (at + by + count) % count);
    this.show();
  }

  /** Write something else where the present match is, and go to the next one. */
  async replace(): Promise<void> {
    const [match, transcript] = [this.matches()[this.at()], this.store.transcript()];
    const segment = match && transcript && segmentOf(transcript, match.segment);
    if (!match || !segment) return;
    const text = oneLine(
      segment.text.slice(0, match.begin) + this.by() + segment.text.slice(match.end),
    );
    // Text without any word is no passage.
    const saved = this.store.apply(
      [
        text
          ? { op: 'edit_segment', id: segment.id, text }
          : { op: 'delete_segment', id: segment.id },
      ],
      words.editing.did.replaced,
    );
    const next = this.matches().findIndex(
      (one) => one.segment === match.segment && one.begin >= match.begin + this.by().length,
    );
    if (next >= 0) this.at.set(next);
    this.show();
    await saved;
  }

  /** Write something else wherever it was found; how often that was. */
  async replaceAll(): Promise<number> {
    const count = this.matches().length;
    if (!count) return 0;
    await this.store.apply(
      [
        {
          op: 'replace_text',
          find: this.find(),
          by: this.by(),
          match_case: this.matchCase(),
          whole_words: this.wholeWords(),
        },
      ],
      words.editing.did.replaced,
    );
    return count;
  }

  close(): void {
    this.open.set(false);
  }

  /** Bring the present match into view. */
  show(): void {
    const match = untracked(() => this.matches()[this.at()]);
    const element = match && this.page.find(match.segment)?.element;
    if (!match || !element) return;
    const box = rangeIn(element, match.begin, match.end).getBoundingClientRect();
    const [top, bottom] = frameOf(element);
    if (box.top < top + BAR || box.bottom > bottom)
      scrollBy({ top: box.top - innerHeight / 2, behavior: 'instant' });
  }

  /** Mark the matches that are near the view; only what has words apart is. */
  private paint(matches: readonly Match[], at: number): void {
    const highlights = 'highlights' in CSS ? CSS.highlights : null;
    if (!highlights) return;
    const ranges = new Map<Match, Range>();
    for (const match of matches) {
      const segment = this.page.find(match.segment);
      if (segment?.near()) ranges.set(match, rangeIn(segment.element, match.begin, match.end));
    }
    const now = matches[at];
    highlights.set('found', new Highlight(...ranges.values()));
    const here = now && ranges.get(now);
    highlights.set('found-now', here ? new Highlight(here) : new Highlight());
  }
}

import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { PositionPipe } from '../../format/pipes';
import { words } from '../../words';
import { colorOf, doubtsOf, nameOf } from './model';
import { Nearness } from './nearness';
import type { Paragraph } from './paragraphs';
import { PassageDoubt } from './passage-doubt';
import { SegmentText } from './segment-text';
import { spaceBetween } from './spelling';
import { TranscriptStore } from './transcript-store';

/** How many characters a line has. */
const MEASURE = 72;

/** A turn of a speaker, or a part of one: who, when, and the text. */
@Component({
  selector: 'a-paragraph',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [PassageDoubt, PositionPipe, SegmentText],
  // Who speaks and when stands where the text begins: left or right.
  host: { dir: 'auto', '[style.--lines]': 'lines()' },
  template: `
    <div class="head">
      @if (paragraph().turn || !name()) {
        <button
          type="button"
          class="speaker"
          aria-haspopup="dialog"
          [class.nobody]="!name()"
          [style.color]="color()"
          [attr.aria-label]="label()"
          (click)="speaker.emit($event)"
        >
          <bdi>{{ name() ?? words.nobody }}</bdi>
        </button>
      }
      <button
        type="button"
        class="time figures"
        [attr.aria-label]="words.hearFrom(paragraph().start | position)"
        (click)="hear.emit()"
      >
        {{ paragraph().start | position }}
      </button>
    </div>
    <p class="text">
      @for (one of paragraph().segments; track one.id; let n = $index) {
        <ng-container>{{ before(n) }}</ng-container>
        @if (doubtsOf(one).length) {
          <a-passage-doubt [segment]="one" />
        }
        <span [aSegmentText]="one" [near]="near()"></span>
      }
    </p>
  `,
})
export class ParagraphView {
  readonly paragraph = input.required<Paragraph>();
  readonly speaker = output<Event>();
  readonly hear = output();

  protected readonly words = words.editing;
  protected readonly doubtsOf = doubtsOf;
  protected readonly near = inject(Nearness).watch();
  private readonly store = inject(TranscriptStore);
  protected readonly name = computed(() => {
    const transcript = this.store.transcript();
    return transcript && nameOf(transcript, this.paragraph().speaker);
  });
  /** Null where what stands there says it. */
  protected readonly label = computed(() => {
    const name = this.name();
    return name ? words.editing.changeSpeaker(name) : null;
  });
  protected readonly color = computed(() => {
    const transcript = this.store.transcript();
    const color = transcript && colorOf(transcript, this.paragraph().speaker);
    return color === null ? null : `var(--speaker-${color})`;
  });

  /** About how many lines it has, so that its place is kept while it is not drawn. */
  protected readonly lines = computed(() => {
    const length = this.paragraph().segments.reduce((sum, one) => sum + one.text.length + 1, 0);
    return Math.ceil(length / MEASURE);
  });

  protected before(n: number): string {
    const [left, right] = [this.paragraph().segments[n - 1], this.paragraph().segments[n]];
    return left && right ? spaceBetween(left.text, right.text) : '';
  }
}

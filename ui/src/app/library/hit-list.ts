import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  output,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { languageName } from '../format/languages';
import { MomentPipe, PositionPipe } from '../format/pipes';
import { Unanswered } from '../parts/unanswered';
import { words } from '../words';
import { excerpt } from './excerpt';
import { Finding } from './finding';

/** What was found: titles, and the sentences that lead to their moment. */
@Component({
  selector: 'a-hit-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [MomentPipe, PositionPipe, RouterLink, Unanswered],
  templateUrl: './hit-list.html',
  styleUrl: './hit-list.scss',
  host: {
    '(keydown.arrowdown)': 'step($event, 1)',
    '(keydown.arrowup)': 'step($event, -1)',
  },
})
export class HitList {
  /** Somebody went up from the first hit, back to the field. */
  readonly above = output();

  protected readonly words = words.library;
  protected readonly finding = inject(Finding);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);

  protected readonly hits = computed(() =>
    this.finding.hits().map((hit) => ({
      ...hit,
      snippets: hit.snippets.map((one) => ({
        ...one,
        text: excerpt(one.text),
        // Where to begin to listen: a link's seconds stay short.
        t: Math.floor(one.start * 100) / 100,
      })),
      language: languageName(hit.recording.language),
      elsewhere: hit.snippets.length === 0 && !hit.title.some((one) => one.match),
    })),
  );
  protected readonly narrowed = computed(() => {
    const of = this.finding.of();
    return Boolean(of?.tag || of?.language);
  });

  /** Move the focus to the first hit. */
  enter(): void {
    this.links()[0]?.focus();
  }

  /** Open the first hit; nothing where there is none, or where it is not that of what was typed. */
  openFirst(): void {
    if (!this.finding.busy()) this.links()[0]?.click();
  }

  protected step(event: Event, by: number): void {
    const links = this.links();
    const at = links.findIndex((one) => one === document.activeElement);
    if (at < 0) return;
    event.preventDefault();
    if (at + by < 0) this.above.emit();
    else links[at + by]?.focus();
  }

  private links(): HTMLAnchorElement[] {
    return [...this.host.nativeElement.querySelectorAll<HTMLAnchorElement>('a.hit')];
  }
}

import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  ElementRef,
  inject,
  output,
  viewChild,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import {
  LucideCaseSensitive,
  LucideChevronDown,
  LucideChevronUp,
  LucideWholeWord,
  LucideX,
} from '@lucide/angular';
import { words } from '../../words';
import { Finding } from './finding';
import { TranscriptStore } from './transcript-store';

/** Find and replace: where it was found is marked in the text. */
@Component({
  selector: 'a-find-bar',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    LucideCaseSensitive,
    LucideChevronDown,
    LucideChevronUp,
    LucideWholeWord,
    LucideX,
    MatTooltip,
  ],
  templateUrl: './find-bar.html',
  styleUrl: './find-bar.scss',
})
export class FindBar {
  readonly closed = output();
  protected readonly words = words.editing.find;
  protected readonly finding = inject(Finding);
  private readonly store = inject(TranscriptStore);
  private readonly field = viewChild.required<ElementRef<HTMLInputElement>>('field');

  protected readonly count = computed(() => {
    const { length } = this.finding.matches();
    if (!this.finding.find().trim()) return '';
    return length ? this.words.count(this.finding.at() + 1, length) : this.words.none;
  });

  constructor() {
    effect(() => this.focus(this.field().nativeElement));
  }

  /** Go to the field, with what is in it chosen. */
  focus(field = this.field().nativeElement): void {
    field.focus({ preventScroll: true });
    field.select();
  }

  protected key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    this.finding.step(event.shiftKey ? -1 : 1);
  }

  protected replaceKey(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    void this.replace();
  }

  protected async replace(): Promise<void> {
    const replaced = this.finding.replace();
    this.stay();
    await replaced;
  }

  protected async replaceAll(): Promise<void> {
    const count = await this.finding.replaceAll();
    this.stay();
    if (count) this.store.offerUndo(this.words.replaced(count));
  }

  /** Where nothing is left to be replaced the buttons cannot keep the focus. */
  private stay(): void {
    if (!this.finding.matches().length) this.focus();
  }

  protected close(event: Event): void {
    event.preventDefault();
    event.stopPropagation();
    this.finding.close();
    this.closed.emit();
  }
}

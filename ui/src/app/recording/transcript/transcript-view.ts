import { Dialog } from '@angular/cdk/dialog';
import {
  afterNextRender,
  ApplicationRef,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  inject,
  Injector,
  linkedSignal,
  untracked,
  viewChild,
  ViewEncapsulation,
} from '@angular/core';
import { LucideLocateFixed } from '@lucide/angular';
import { PositionPipe } from '../../format/pipes';
import { Shortcuts } from '../../frame/shortcuts';
import { words } from '../../words';
import { Player } from '../player';
import { ClashDialog, type Question } from './clash-dialog';
import { clean } from './copying';
import { Editing } from './editing';
import { FindBar } from './find-bar';
import { Finding } from './finding';
import { Following } from './following';
import type { Transcript } from './model';
import { Nearness } from './nearness';
import { TranscriptPage } from './page';
import { ParagraphView } from './paragraph-view';
import { type Paragraph, paragraphsOf } from './paragraphs';
import type { Clash } from './pending';
import { Pointing } from './pointing';
import { ReviewPanel } from './review-panel';
import { Reviewing } from './reviewing';
import { SpeakerChoice } from './speaker-choice';
import { TranscriptStore } from './transcript-store';

/** The text of a recording: it follows the sound, and is read, corrected and checked in place. */
@Component({
  selector: 'a-transcript-view',
  changeDetection: ChangeDetectionStrategy.OnPush,
  // Words are written by hand and have no mark of this component.
  encapsulation: ViewEncapsulation.None,
  imports: [FindBar, LucideLocateFixed, ParagraphView, PositionPipe, ReviewPanel],
  providers: [
    Editing,
    Finding,
    Following,
    Nearness,
    Pointing,
    Reviewing,
    SpeakerChoice,
    TranscriptPage,
  ],
  templateUrl: './transcript-view.html',
  styleUrl: './transcript-view.scss',
})
export class TranscriptView {
  protected readonly words = words.editing;
  protected readonly choice = inject(SpeakerChoice);
  protected readonly finding = inject(Finding);
  protected readonly following = inject(Following);
  protected readonly pointing = inject(Pointing);
  protected readonly store = inject(TranscriptStore);
  private readonly app = inject(ApplicationRef);
  private readonly dialog = inject(Dialog);
  private readonly editing = inject(Editing);
  private readonly injector = inject(Injector);
  private readonly page = inject(TranscriptPage);
  private readonly player = inject(Player);
  private readonly reviewing = inject(Reviewing);
  private readonly findBar = viewChild(FindBar);

  protected readonly paragraphs = linkedSignal<Transcript | null, readonly Paragraph[]>({
    source: this.store.transcript,
    computation: (transcript, before) =>
      transcript ? paragraphsOf(transcript, before?.value) : [],
  });
  protected readonly language = computed(() => this.store.transcript()?.language ?? null);

  constructor() {
    this.addKeys();
    this.editing.leave = (id) =>
      afterNextRender({ read: () => this.page.focus(id) }, { injector: this.injector });
    effect(() => this.askAbout(this.store.clash()));
    effect(() => this.startSomewhere());
    this.watchScrolling();
    inject(DestroyRef).onDestroy(() => this.store.reviewing.set(false));
  }

  protected hear(paragraph: Paragraph): void {
    this.player.seek(paragraph.start);
    this.player.play();
  }

  protected copy(event: ClipboardEvent): void {
    const selection = getSelection();
    const isField = (event.target as Element).closest('input, textarea, [contenteditable]');
    const text = selection && !isField && clean(event.currentTarget as HTMLElement, selection);
    if (!text) return;
    event.preventDefault();
    event.clipboardData?.setData('text/plain', text);
  }

  /** After the find bar: the focus goes back to what was found, else to the text. */
  protected focusText(): void {
    const id = this.page.activeId();
    if (id !== null) this.page.focus(id);
  }

  private addKeys(): void {
    const { keys } = words.editing;
    inject(Shortcuts).add(keys.title, [
      { keys: ['e'], words: keys.edit, act: () => this.pointing.edit() },
      { keys: ['r'], words: keys.review, act: () => this.store.reviewing.update((on) => !on) },
      { keys: ['ctrl+f'], words: keys.find, whileTyping: true, act: () => this.find() },
      { keys: ['ctrl+z'], words: keys.undo, act: () => this.reviewing.undo() },
      { keys: ['ctrl+shift+z', 'ctrl+y'], words: keys.redo, act: () => this.store.redo() },
    ]);
  }

  private find(): void {
    const selected = getSelection()?.toString().trim() ?? '';
    if (selected && selected.length < 80 && !selected.includes('\n'))
      this.finding.find.set(selected);
    this.finding.open.set(true);
    // At once, not with the next frame: the keys pressed until then would go elsewhere.
    this.app.tick();
    this.findBar()?.focus();
  }

  private askAbout(clash: Clash | null): void {
    if (!clash) return;
    untracked(() => this.editing.finish());
    this.dialog
      .open<string | null, Question>(ClashDialog, {
        data: { clash, typed: (text) => this.store.keepDecision(text) },
        disableClose: true,
        ariaLabelledBy: 'clash',
        backdropClass: 'backdrop',
      })
      .closed.subscribe((text) => {
        // Without an answer, as when the page is left, it stays to be decided.
        if (text !== undefined) void this.store.decide(text);
      });
  }

  /** Tab leads into the text: to its first segment, until another had the focus. */
  private startSomewhere(): void {
    this.page.written();
    const first = this.store.transcript()?.segments[0];
    const segment = first && this.page.activeId() === null && this.page.find(first.id);
    if (segment) this.page.activate(segment);
  }

  private watchScrolling(): void {
    const controller = new AbortController();
    const { signal } = controller;
    const how = { signal, passive: true, capture: true };
    document.addEventListener('scroll', () => this.following.scrolled(), how);
    for (const one of ['wheel', 'touchmove', 'pointerdown'])
      document.addEventListener(one, () => this.following.taken(), how);
    inject(DestroyRef).onDestroy(() => controller.abort());
  }
}

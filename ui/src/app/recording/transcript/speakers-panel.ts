import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucidePencil, LucidePlay, LucideSquare } from '@lucide/angular';
import { PositionPipe } from '../../format/pipes';
import { words } from '../../words';
import { Player } from '../player';
import { colorOf, type Segment } from './model';
import { SpeakerChoice } from './speaker-choice';
import { TranscriptStore } from './transcript-store';

/** The longest a sample of a voice is, in seconds. */
const SAMPLE = 8;

/** Everybody who speaks: how much, how they sound, and what they are called. */
@Component({
  selector: 'a-speakers-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucidePencil, LucidePlay, LucideSquare, MatTooltip, PositionPipe],
  providers: [SpeakerChoice],
  templateUrl: './speakers-panel.html',
  styleUrl: './speakers-panel.scss',
})
export class SpeakersPanel {
  protected readonly words = words.editing.speakers;
  protected readonly player = inject(Player);
  private readonly choice = inject(SpeakerChoice);
  private readonly store = inject(TranscriptStore);

  private readonly chosen = signal<string | null>(null);
  /** Whose sample plays; null for nobody's. */
  protected readonly heard = computed(() => (this.player.playing() ? this.chosen() : null));
  protected readonly hasText = computed(() => !!this.store.transcript()?.segments.length);
  protected readonly speakers = computed(() => {
    const transcript = this.store.transcript();
    const all = transcript?.speakers ?? [];
    const total = all.reduce((sum, one) => sum + one.talk_seconds, 0) || 1;
    return all.map((one) => ({
      ...one,
      share: Math.round((100 * one.talk_seconds) / total),
      shade: transcript ? `var(--speaker-${colorOf(transcript, one.id)})` : null,
    }));
  });

  protected rename(event: Event, speaker: string): void {
    this.choice.open(event, speaker, []);
  }

  /** Hear a little of a speaker: the beginning of the longest they say in one go. */
  protected sample(speaker: string): void {
    if (this.heard() === speaker) return this.player.pause();
    const segments = this.store.transcript()?.segments.filter((one) => one.speaker === speaker);
    const longest = segments?.reduce<Segment | null>(
      (best, one) => (best && best.end - best.start >= one.end - one.start ? best : one),
      null,
    );
    if (longest) this.player.hear(longest.start, Math.min(longest.end, longest.start + SAMPLE));
  }
}

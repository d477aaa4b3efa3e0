import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { words } from '../../words';
import { colorOf, COLORS, nameOf, type Segment } from './model';
import { type Scope, speakerChange } from './speaking';
import type { TranscriptStore } from './transcript-store';

/** Whose name is asked about, and where. */
export interface Asked {
  readonly speaker: string | null;
  /** The paragraph; empty where the whole transcript is meant. */
  readonly segments: readonly Segment[];
  readonly store: TranscriptStore;
}

/** Says who is speaking: another name, somebody else, everywhere or only here; and their colour. */
@Component({
  selector: 'a-speaker-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './speaker-dialog.html',
  styleUrl: './speaker-dialog.scss',
})
export class SpeakerDialog {
  protected readonly words = words.editing.speaker;
  protected readonly asked = inject<Asked>(DIALOG_DATA);
  private readonly dialog = inject<DialogRef<undefined>>(DialogRef);
  private readonly transcript = this.asked.store.transcript;

  protected readonly old = this.nameNow() ?? '';
  protected readonly name = signal(this.old);
  protected readonly scope = signal<Scope>(
    this.asked.speaker === null && this.asked.segments.length ? 'here' : 'everywhere',
  );
  protected readonly scopes: readonly Scope[] = ['everywhere', 'from here', 'here'];
  protected readonly colors = Array.from({ length: COLORS }, (_, n) => n);
  protected readonly others = computed(() => {
    const transcript = this.transcript();
    return (transcript?.speakers ?? [])
      .filter((one) => one.id !== this.asked.speaker)
      .map((one) => ({ ...one, shade: transcript && colorOf(transcript, one.id) }));
  });
  protected readonly color = computed(() => {
    const transcript = this.transcript();
    return transcript && colorOf(transcript, this.asked.speaker);
  });
  /** The name is somebody else's, and all they say becomes theirs. */
  protected readonly merges = computed(
    () =>
      this.asked.speaker !== null &&
      this.scope() === 'everywhere' &&
      this.others().some((one) => one.name === this.name().trim()),
  );

  protected choose(name: string): void {
    this.name.set(name);
  }

  protected paint(color: number): void {
    const { speaker, store } = this.asked;
    if (speaker === null) return;
    void store.apply([{ op: 'color_speaker', speaker, color }], words.editing.did.colored);
  }

  protected save(event: Event): void {
    event.preventDefault();
    const transcript = this.transcript();
    const change = { ...this.asked, name: this.name(), scope: this.scope() };
    const operations = transcript ? speakerChange(transcript, change) : [];
    void this.asked.store.apply(operations, this.what());
    this.dialog.close();
  }

  protected close(): void {
    this.dialog.close();
  }

  private what(): string {
    const { did } = words.editing;
    if (this.merges()) return did.merged;
    return this.scope() === 'everywhere' ? did.renamed : did.assigned;
  }

  private nameNow(): string | null {
    const transcript = this.transcript();
    return transcript && nameOf(transcript, this.asked.speaker);
  }
}

import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { LucideCheck, LucidePlay, LucideTrash2, LucideTriangleAlert } from '@lucide/angular';
import { words } from '../../words';
import { Player } from '../player';
import { doubtsOf, type Segment } from './model';
import { TranscriptStore } from './transcript-store';

/** A sign before a passage that may be none: why it is doubtful, and what to do about it. */
@Component({
  selector: 'a-passage-doubt',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuItem,
    CdkMenuTrigger,
    LucideCheck,
    LucidePlay,
    LucideTrash2,
    LucideTriangleAlert,
  ],
  template: `
    <button
      type="button"
      class="passage-doubt"
      [cdkMenuTriggerFor]="ways"
      [attr.aria-label]="words.sign(why())"
    >
      <svg lucideTriangleAlert [size]="16"></svg>
    </button>
    <ng-template #ways>
      <div class="menu" cdkMenu [attr.aria-label]="words.title">
        <p class="menu-note small">{{ why() }}</p>
        <button type="button" class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="hear()">
          <svg lucidePlay [size]="16"></svg>{{ words.hear }}
        </button>
        <button type="button" class="menu-item" cdkMenuItem (cdkMenuItemTriggered)="accept()">
          <svg lucideCheck [size]="16"></svg>{{ words.right }}
        </button>
        <button
          type="button"
          class="menu-item danger"
          cdkMenuItem
          (cdkMenuItemTriggered)="takeOut()"
        >
          <svg lucideTrash2 [size]="16"></svg>{{ words.takeOut }}
        </button>
      </div>
    </ng-template>
  `,
})
export class PassageDoubt {
  readonly segment = input.required<Segment>();

  protected readonly words = words.editing.doubt;
  private readonly player = inject(Player);
  private readonly store = inject(TranscriptStore);

  protected readonly why = computed(() =>
    doubtsOf(this.segment())
      .map((flag) => this.words.why[flag])
      .join(' '),
  );

  protected hear(): void {
    const { start, end } = this.segment();
    this.player.hear(start, end);
  }

  protected accept(): void {
    const { id, text } = this.segment();
    void this.store.apply([{ op: 'edit_segment', id, text }], words.editing.did.accepted);
  }

  protected takeOut(): void {
    const { id } = this.segment();
    void this.store.apply([{ op: 'delete_segment', id }], words.editing.did.deleted);
    this.store.offerUndo(words.editing.deleted);
  }
}

import { Dialog } from '@angular/cdk/dialog';
import {
  createGlobalPositionStrategy,
  createFlexibleConnectedPositionStrategy,
} from '@angular/cdk/overlay';
import { inject, Injectable, Injector } from '@angular/core';
import type { Segment } from './model';
import { type Asked, SpeakerDialog } from './speaker-dialog';
import { TranscriptStore } from './transcript-store';

/** Opens the panel that says who is speaking, beside the name that was clicked. */
@Injectable()
export class SpeakerChoice {
  private readonly dialog = inject(Dialog);
  private readonly injector = inject(Injector);
  private readonly store = inject(TranscriptStore);

  /** Ask who says these segments; without any, how a speaker is called everywhere. */
  open(event: Event, speaker: string | null, segments: readonly Segment[]): void {
    const origin = event.currentTarget ?? event.target;
    if (!(origin instanceof HTMLElement)) return;
    this.dialog.open<undefined, Asked>(SpeakerDialog, {
      data: { speaker, segments, store: this.store },
      ariaLabelledBy: 'who',
      backdropClass: 'cdk-overlay-transparent-backdrop',
      positionStrategy: this.beside(origin),
      autoFocus: 'first-tabbable',
    });
  }

  private beside(origin: HTMLElement) {
    if (innerWidth < 700)
      return createGlobalPositionStrategy(this.injector).bottom('0').centerHorizontally();
    return createFlexibleConnectedPositionStrategy(this.injector, origin)
      .withPositions([
        { originX: 'start', originY: 'bottom', overlayX: 'start', overlayY: 'top', offsetY: 4 },
        { originX: 'start', originY: 'top', overlayX: 'start', overlayY: 'bottom', offsetY: -4 },
        { originX: 'end', originY: 'bottom', overlayX: 'end', overlayY: 'top', offsetY: 4 },
      ])
      .withPush()
      .withViewportMargin(8);
  }
}

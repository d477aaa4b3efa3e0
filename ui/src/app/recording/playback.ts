import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  input,
  signal,
  untracked,
} from '@angular/core';
import { LucideVolumeOff } from '@lucide/angular';
import { addressOf, send } from '../api/client';
import { words } from '../words';
import { OpenRecording } from './open-recording';
import { Player } from './player';

/** Why there is nothing to hear, where that is so; and tries again when there may be. */
@Component({
  selector: 'a-playback',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideVolumeOff],
  template: `
    <div role="status">
      @if (player.failed() && why(); as why) {
        <p class="notice" [class.warning]="!open.running()">
          <svg lucideVolumeOff [size]="17"></svg>
          <span>{{ why }}</span>
        </p>
      }
    </div>
  `,
  styles: `
    :host {
      display: block;
      padding-inline: var(--gap);
    }

    p {
      margin: 0 0 8px;
    }
  `,
})
export class Playback {
  readonly audio = input.required<HTMLMediaElement>();
  protected readonly words = words.recording.playback;
  protected readonly open = inject(OpenRecording);
  protected readonly player = inject(Player);
  protected readonly why = signal<string | null>(null);

  constructor() {
    effect(() => {
      if (this.player.failed()) untracked(() => void this.explain());
    });
    // What a browser cannot play gets a copy that it can, made while the recording is transcribed.
    const reached = computed(() => `${this.open.job()?.state} ${this.open.job()?.stage}`);
    effect(() => {
      if (reached() && untracked(this.player.failed)) untracked(this.audio).load();
    });
  }

  private async explain(): Promise<void> {
    const id = this.open.recording()?.id;
    if (!id) return;
    const address = addressOf(`/api/v1/recordings/${id}/preview`);
    const status = await send(new Request(address, { method: 'HEAD' })).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 0) this.why.set(this.words.unreachable);
    else if (status === 404) this.why.set(this.words.gone);
    else if (this.open.running()) this.why.set(this.words.notYet);
    else this.why.set(this.words.cannot);
  }
}

import { CdkMenu, CdkMenuGroup, CdkMenuItemRadio, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, effect, inject, input } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import {
  LucideCheck,
  LucidePause,
  LucidePlay,
  LucideRotateCcw,
  LucideRotateCw,
  LucideVolume2,
  LucideVolumeX,
} from '@lucide/angular';
import { position } from '../format/amounts';
import { type Shortcut, Shortcuts } from '../frame/shortcuts';
import { words } from '../words';
import { Player, RATES } from './player';

/** How far (s) the buttons and arrow keys go, and how far J and L do. */
const STEP = 5;
const LEAP = 10;

/** The player's buttons and keys. */
@Component({
  selector: 'a-transport',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuGroup,
    CdkMenuItemRadio,
    CdkMenuTrigger,
    LucideCheck,
    LucidePause,
    LucidePlay,
    LucideRotateCcw,
    LucideRotateCw,
    LucideVolume2,
    LucideVolumeX,
    MatTooltip,
  ],
  templateUrl: './transport.html',
  styleUrl: './transport.scss',
})
export class Transport {
  /** What plays, for the controls of the system (a locked phone, a headset). */
  readonly title = input.required<string>();

  protected readonly words = words.recording.player;
  protected readonly player = inject(Player);
  protected readonly rates = RATES;
  protected readonly step = STEP;
  private audible = 1;

  private readonly long = computed(() => this.player.duration() >= 3600);
  protected readonly total = computed(() => position(this.player.duration(), this.long()));
  protected readonly now = computed(() => position(this.second(), this.long()));
  private readonly second = computed(() => Math.floor(this.player.time()));

  constructor() {
    inject(Shortcuts).add(this.words.keys, this.keys());
    effect(() => this.tellSystem(this.title()));
  }

  protected rateName(rate: number): string {
    return `${rate}x`;
  }

  protected mute(): void {
    const volume = this.player.volume();
    if (volume > 0) this.audible = volume;
    this.player.setVolume(volume > 0 ? 0 : this.audible);
  }

  protected loud(event: Event): void {
    this.player.setVolume((event.target as HTMLInputElement).valueAsNumber);
  }

  private keys(): Shortcut[] {
    const { player, words } = this;
    return [
      { keys: [' ', 'k'], words: words.toggle, act: () => player.toggle() },
      { keys: ['j'], words: words.back(LEAP), act: () => player.skip(-LEAP) },
      { keys: ['l'], words: words.forward(LEAP), act: () => player.skip(LEAP) },
      { keys: ['arrowleft'], words: words.back(STEP), act: () => player.skip(-STEP) },
      { keys: ['arrowright'], words: words.forward(STEP), act: () => player.skip(STEP) },
      { keys: [','], words: words.slower, act: () => player.stepRate(-1) },
      { keys: ['.'], words: words.faster, act: () => player.stepRate(1) },
    ];
  }

  private tellSystem(title: string): void {
    if (!('mediaSession' in navigator)) return;
    const { player } = this;
    const session = navigator.mediaSession;
    session.metadata = new MediaMetadata({ title, artist: words.frame.brand });
    session.setActionHandler('play', () => player.play());
    session.setActionHandler('pause', () => player.pause());
    session.setActionHandler('seekbackward', () => player.skip(-LEAP));
    session.setActionHandler('seekforward', () => player.skip(LEAP));
    session.setActionHandler('seekto', (to) => player.seek(to.seekTime ?? 0));
  }
}

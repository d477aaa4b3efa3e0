import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { RouterLink, RouterLinkActive } from '@angular/router';
import {
  LucideCircleUser,
  LucideGauge,
  LucideKeyboard,
  LucideLibrary,
  LucideMonitor,
  LucideMoon,
  LucidePlus,
  LucideSun,
} from '@lucide/angular';
import { Recorder } from '../add/microphone/recorder';
import { Session } from '../api/session';
import { words } from '../words';
import { Logo } from './logo';
import { Shortcuts } from './shortcuts';
import { Theme } from './theme';

/** The way to every place: a rail at the side, a bar at the bottom of a phone. */
@Component({
  selector: 'a-rail',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Logo,
    LucideCircleUser,
    LucideGauge,
    LucideKeyboard,
    LucideLibrary,
    LucideMonitor,
    LucideMoon,
    LucidePlus,
    LucideSun,
    MatTooltip,
    RouterLink,
    RouterLinkActive,
  ],
  templateUrl: './rail.html',
  styleUrl: './rail.scss',
})
export class Rail {
  protected readonly words = words.frame;
  protected readonly recorder = inject(Recorder);
  protected readonly session = inject(Session);
  protected readonly theme = inject(Theme);
  protected readonly shortcuts = inject(Shortcuts);
  protected readonly themeWords = computed(() => words.frame.theme[this.theme.chosen()]);
}

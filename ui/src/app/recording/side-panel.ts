import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { A11yModule } from '@angular/cdk/a11y';
import { LucideX } from '@lucide/angular';
import { MatTooltip } from '@angular/material/tooltip';
import { keep, kept } from '../frame/kept';
import { words } from '../words';
import { DetailsPanel } from './details-panel';
import { OpenRecording } from './open-recording';
import { SpeakersPanel } from './transcript/speakers-panel';
import { VersionsPanel } from './versions-panel';

type Tab = 'speakers' | 'versions' | 'details';

/** What stands beside the transcript, one tab at a time; on a narrow screen a sheet over it. */
@Component({
  selector: 'a-side-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [A11yModule, DetailsPanel, LucideX, MatTooltip, SpeakersPanel, VersionsPanel],
  templateUrl: './side-panel.html',
  styleUrl: './side-panel.scss',
  host: { '(keydown.escape)': 'closed.emit()' },
})
export class SidePanel {
  /** Whether it lies over the page. */
  readonly sheet = input(false);
  /** False while there is no transcript to tell of. */
  readonly withTranscript = input(true);
  readonly closed = output();
  readonly deleteAsked = output();

  protected readonly words = words.recording.panel;
  protected readonly open = inject(OpenRecording);
  private readonly chosen = signal(kept<Tab>('panel', 'speakers'));
  protected readonly tabs = computed<readonly Tab[]>(() =>
    this.withTranscript() ? ['speakers', 'versions', 'details'] : ['details'],
  );
  protected readonly tab = computed<Tab>(() =>
    this.tabs().includes(this.chosen()) ? this.chosen() : 'details',
  );

  protected choose(tab: Tab): void {
    this.chosen.set(tab);
    keep('panel', tab);
  }

  /** Arrow keys go from tab to tab, as in every list of tabs. */
  protected key(event: KeyboardEvent): void {
    const tabs = this.tabs();
    const here = tabs.indexOf(this.tab());
    const places: Record<string, number> = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    const next = tabs[(place + tabs.length) % tabs.length];
    if (!next) return;
    this.choose(next);
    document.getElementById(`tab-${next}`)?.focus();
  }
}

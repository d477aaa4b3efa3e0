import { ChangeDetectionStrategy, Component, computed, inject, output } from '@angular/core';
import { LucideDownload, LucideTrash2, LucideTriangleAlert } from '@lucide/angular';
import { addressOf } from '../api/client';
import { count, position, size } from '../format/amounts';
import { languageName } from '../format/languages';
import { MomentPipe } from '../format/pipes';
import { words } from '../words';
import { OpenRecording } from './open-recording';
import { Tags } from './tags';
import { TranscriptStore } from './transcript/transcript-store';

interface Fact {
  readonly name: string;
  readonly value: string;
  /** An id or a sum: set in figures. */
  readonly exact?: boolean;
}

/** What this recording is, and what made its transcript. */
@Component({
  selector: 'a-details-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideDownload, LucideTrash2, LucideTriangleAlert, MomentPipe, Tags],
  templateUrl: './details-panel.html',
  styleUrl: './details-panel.scss',
})
export class DetailsPanel {
  readonly deleteAsked = output();

  protected readonly words = words.recording.details;
  protected readonly open = inject(OpenRecording);
  private readonly store = inject(TranscriptStore);
  private readonly made = computed(() => this.store.transcript()?.made_with);

  protected readonly address = computed(() =>
    addressOf(`/api/v1/recordings/${this.open.recording()?.id ?? ''}/download`),
  );
  protected readonly warnings = computed(() => [
    ...new Set([...(this.made()?.warnings ?? []), ...(this.open.job()?.warnings ?? [])]),
  ]);

  protected readonly making = computed<readonly Fact[]>(() => {
    const made = this.made();
    if (!made) return [];
    const { names } = this.words;
    return shown([
      [names.engine, made.engine],
      [names.model, made.model],
      [names.revision, made.revision, true],
      [names.device, [made.device, made.compute_type].filter(Boolean).join(', ')],
      [names.diarizer, made.diarizer],
      [names.auricle, made.auricle],
    ]);
  });

  protected readonly options = computed<readonly Fact[]>(() =>
    shown(
      Object.entries(this.made()?.options ?? {}).map(([name, value]) => [
        this.words.options[name] ?? name.replaceAll('_', ' '),
        spoken(value),
      ]),
    ),
  );

  /** Seconds of work per stage, with its share of the longest. */
  protected readonly timings = computed(() => {
    const timings = Object.entries(this.made()?.timings ?? {});
    const longest = Math.max(...timings.map(([, seconds]) => seconds), 0.001);
    return timings.map(([stage, seconds]) => ({
      stage: words.jobs.stages[stage] ?? stage,
      seconds: this.words.took(seconds),
      percent: (seconds / longest) * 100,
    }));
  });

  protected readonly media = computed<readonly Fact[]>(() => {
    const recording = this.open.recording();
    if (!recording) return [];
    const { names } = this.words;
    const media = recording.media ?? {};
    const rate = media['sample_rate'];
    return shown([
      [names.file, recording.filename],
      [names.size, size(recording.size)],
      [names.duration, recording.duration === null ? null : position(recording.duration)],
      [names.format, [...new Set([media['format'], media['codec']].filter(Boolean))].join(', ')],
      [names.rate, typeof rate === 'number' ? this.words.hertz(count(rate)) : null],
      [names.channels, media['channel_layout'] ?? media['channels']],
      [names.language, languageName(recording.language)],
    ]);
  });

  protected readonly ids = computed<readonly Fact[]>(() => {
    const recording = this.open.recording();
    if (!recording) return [];
    const { names } = this.words;
    return shown([
      [names.recording, recording.id, true],
      [names.job, recording.job_id, true],
      [names.transcript, recording.transcript_id, true],
      [names.sha256, recording.sha256, true],
    ]);
  });
}

function shown(facts: readonly (readonly [string, unknown, boolean?])[]): Fact[] {
  return facts
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value, exact = false]) => ({ name, value: String(value), exact }));
}

function spoken(value: unknown): string {
  if (typeof value === 'boolean') return value ? words.recording.yes : words.recording.no;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

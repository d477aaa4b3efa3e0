import { Dialog } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  effect,
  inject,
  signal,
  untracked,
} from '@angular/core';
import { LucideGitCompare, LucideRotateCcw } from '@lucide/angular';
import { api, got, sentenceOf, type Wire } from '../api/client';
import { Session } from '../api/session';
import { count } from '../format/amounts';
import { MomentPipe } from '../format/pipes';
import { Notices } from '../frame/notices';
import { words } from '../words';
import { CompareVersions, type Compared } from './compare-versions';
import { OpenRecording } from './open-recording';
import { TranscriptStore } from './transcript/transcript-store';

export type Version = Wire<'VersionModel'>;

/** Every version of the transcript: who made it, what is other, and the way back. */
@Component({
  selector: 'a-versions-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideGitCompare, LucideRotateCcw, MomentPipe],
  templateUrl: './versions-panel.html',
  styleUrl: './versions-panel.scss',
})
export class VersionsPanel {
  protected readonly words = words.recording.versions;
  protected readonly count = count;
  private readonly open = inject(OpenRecording);
  private readonly store = inject(TranscriptStore);
  private readonly dialog = inject(Dialog);
  private readonly notices = inject(Notices);
  private readonly session = inject(Session);

  protected readonly versions = signal<readonly Version[] | null>(null);
  protected readonly problem = signal<string | null>(null);
  protected readonly following = signal<string | null>(null);

  constructor() {
    // Each saved change is a version, or grows the newest one.
    effect(() => {
      this.store.transcript();
      if (this.store.saved() === 'saved') untracked(() => void this.load());
    });
  }

  protected async load(): Promise<void> {
    this.problem.set(null);
    try {
      const page = await this.fetch();
      this.versions.set(page.items);
      this.following.set(page.next ?? null);
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }

  protected async more(): Promise<void> {
    try {
      const page = await this.fetch(this.following());
      this.versions.update((known) => [...(known ?? []), ...page.items]);
      this.following.set(page.next ?? null);
    } catch (error) {
      this.notices.fail(error);
    }
  }

  protected kind(version: Version): string {
    return this.words.kinds[version.kind] ?? version.kind;
  }

  protected maker(version: Version): string {
    if (version.made_by === null) return this.words.byMachine(version.model);
    return version.made_by === this.session.user()?.id ? this.words.byYou : this.words.byOther;
  }

  protected compare(version: Version): void {
    const versions = this.versions() ?? [];
    const current = versions.find((one) => one.current) ?? versions[0];
    const other = version.current ? versions.find((one) => one !== version) : current;
    if (!other) return;
    const [before, after] = [version.number, other.number].sort((a, b) => a - b);
    const speakers = this.store.transcript()?.speakers ?? [];
    const data: Compared = {
      names: new Map(speakers.map((one) => [one.id, one.name])),
      recordingId: this.recordingId,
      versions,
      before: before ?? version.number,
      after: after ?? other.number,
    };
    this.dialog.open(CompareVersions, {
      data,
      ariaLabelledBy: 'compare',
      backdropClass: 'backdrop',
    });
  }

  protected async restore(version: Version): Promise<void> {
    const current = this.versions()?.find((one) => one.current);
    try {
      await this.makeCurrent(version.number);
    } catch (error) {
      this.notices.fail(error);
      return;
    }
    const back = current && {
      name: words.frame.undo,
      act: () => void this.makeCurrent(current.number).catch((error) => this.notices.fail(error)),
    };
    this.notices.say(this.words.restored(version.number), back);
  }

  private async makeCurrent(number: number): Promise<void> {
    const path = { recording_id: this.recordingId, number };
    await got(
      api.POST('/api/v1/recordings/{recording_id}/transcripts/{number}/restore', {
        params: { path },
      }),
    );
    await Promise.all([this.store.reload(), this.open.refresh()]);
    await this.load();
  }

  private get recordingId(): string {
    return this.open.recording()?.id ?? '';
  }

  private fetch(cursor: string | null = null): Promise<Wire<'Page_VersionModel_'>> {
    const path = { recording_id: this.recordingId };
    const query = { limit: 50, ...(cursor === null ? {} : { cursor }) };
    return got(
      api.GET('/api/v1/recordings/{recording_id}/transcripts', { params: { path, query } }),
    );
  }
}

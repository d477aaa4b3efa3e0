import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, effect, inject, signal } from '@angular/core';
import { api, got, sentenceOf, type Wire } from '../api/client';
import { position } from '../format/amounts';
import { words } from '../words';
import { joined } from './transcript/spelling';
import { type Piece, wordChanges } from './word-changes';

export interface Compared {
  readonly recordingId: string;
  readonly versions: readonly Wire<'VersionModel'>[];
  /** Numbers of the two versions. */
  readonly before: number;
  readonly after: number;
  /** What people call the speakers, by their ids. */
  readonly names: ReadonlyMap<string, string>;
}

/** A place where two versions differ. */
interface Place {
  readonly time: string;
  readonly pieces: readonly Piece[];
  /** What is other besides the words. */
  readonly also: string | null;
}

type Said = Readonly<Record<string, unknown>>;

/** Two versions of a transcript side by side: what was removed, and what came. */
@Component({
  selector: 'a-compare-versions',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './compare-versions.html',
  styleUrl: './compare-versions.scss',
})
export class CompareVersions {
  protected readonly words = words.recording.versions;
  protected readonly dialog = inject(DialogRef);
  protected readonly given = inject<Compared>(DIALOG_DATA);
  protected readonly before = signal(this.given.before);
  protected readonly after = signal(this.given.after);
  protected readonly places = signal<readonly Place[] | null>(null);
  protected readonly problem = signal<string | null>(null);

  constructor() {
    effect(() => void this.load(this.before(), this.after()));
  }

  protected numberOf(event: Event): number {
    return Number((event.target as HTMLSelectElement).value);
  }

  protected name(version: Wire<'VersionModel'>): string {
    const kind = this.words.kinds[version.kind] ?? version.kind;
    return this.words.named(version.number, version.note || kind);
  }

  private async load(a: number, b: number): Promise<void> {
    this.problem.set(null);
    this.places.set(null);
    const params = { path: { recording_id: this.given.recordingId }, query: { a, b } };
    try {
      const found = await got(
        api.GET('/api/v1/recordings/{recording_id}/transcripts/compare', { params }),
      );
      if (a === this.before() && b === this.after())
        this.places.set(found.map((one) => placeOf(one, this.given.names)));
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}

function placeOf({ before, after }: Wire<'Difference'>, names: ReadonlyMap<string, string>): Place {
  const start = Number((before[0] ?? after[0])?.['start'] ?? 0);
  const pieces = wordChanges(saidIn(before), saidIn(after));
  const sameWords = pieces.every((piece) => piece.kind === 'same');
  const [said, says] = [speakersOf(before, names), speakersOf(after, names)];
  const { otherSpeaker, otherTimes } = words.recording.versions;
  const also = said !== says ? otherSpeaker(said, says) : sameWords ? otherTimes : null;
  return { time: position(start), pieces, also };
}

function saidIn(segments: readonly Said[]): string {
  return segments.map((one) => String(one['text'])).reduce(joined, '');
}

function speakersOf(segments: readonly Said[], names: ReadonlyMap<string, string>): string {
  const ids = segments.map((one) => one['speaker']).filter((one) => typeof one === 'string');
  return [...new Set(ids)].map((id) => names.get(id) ?? id).join(', ');
}

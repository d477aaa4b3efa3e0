import {
  CdkFixedSizeVirtualScroll,
  CdkVirtualForOf,
  CdkVirtualScrollableWindow,
  CdkVirtualScrollViewport,
} from '@angular/cdk/scrolling';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { RouterLink } from '@angular/router';
import { LucideArrowLeft, LucideTrash2, LucideUndo2 } from '@lucide/angular';
import { api, got } from '../api/client';
import { MomentPipe, PositionPipe } from '../format/pipes';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { PageHead } from '../parts/page-head';
import { Unanswered } from '../parts/unanswered';
import { words } from '../words';
import { Listing, type Recording } from './listing';
import { PAGE } from './query';
import { RecordingActions } from './recording-actions';
import { TrashListing } from './trash-listing';
import { rowHeight } from './window';

const DAY = 86_400_000;

/** What was deleted: it can be brought back, or erased for ever. */
@Component({
  selector: 'a-trash',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkFixedSizeVirtualScroll,
    CdkVirtualForOf,
    CdkVirtualScrollableWindow,
    CdkVirtualScrollViewport,
    LucideArrowLeft,
    LucideTrash2,
    LucideUndo2,
    MatTooltip,
    MomentPipe,
    PageHead,
    PositionPipe,
    RouterLink,
    Unanswered,
  ],
  providers: [TrashListing],
  templateUrl: './trash.html',
  styleUrl: './trash.scss',
})
export class Trash {
  protected readonly words = words.library.trash;
  protected readonly library = words.library;
  protected readonly rowHeight = rowHeight;
  protected readonly listing = inject(TrashListing);
  private readonly everything = inject(Listing);
  private readonly actions = inject(RecordingActions);
  private readonly notices = inject(Notices);
  private readonly confirm = inject(Confirm);

  /** How long (days) things stay here; null until the server has said it. */
  protected readonly stay = signal<number | null>(null);
  protected readonly erasing = signal<string | null>(null);

  constructor() {
    void this.listing.more();
    void this.findStay();
  }

  protected readonly byId = (_: number, recording: Recording): string => recording.id;

  protected scrolled(first: number): void {
    if (first + PAGE / 2 > this.listing.items().length) void this.listing.more();
  }

  /** When it is erased, in words; '' while nobody knows. */
  protected left(recording: Recording): string {
    const stay = this.stay();
    if (stay === null || recording.deleted_at === null) return '';
    const end = Date.parse(recording.deleted_at) + stay * DAY;
    return this.words.left(Math.ceil((end - Date.now()) / DAY));
  }

  protected async restore(recording: Recording): Promise<void> {
    await this.doing(async () => {
      await this.actions.restore([recording.id]);
      this.listing.drop(recording.id);
      void this.everything.refresh();
      this.notices.say(this.library.restored(1, recording.title));
    });
  }

  protected async erase(recording: Recording): Promise<void> {
    const { title, text, yes } = this.words.confirmOne;
    const question = { title, text: text(recording.title), yes, danger: true };
    if (!(await this.confirm.ask(question))) return;
    await this.doing(async () => {
      await this.listing.erase(recording.id);
      this.notices.say(this.words.erased(1));
    });
  }

  protected async eraseAll(): Promise<void> {
    const counts = await got(api.GET('/api/v1/recordings/counts')).catch((error: unknown) => {
      this.notices.fail(error);
      return null;
    });
    if (!counts) return;
    const { title, text, yes } = this.words.confirmAll;
    if (!(await this.confirm.ask({ title, text: text(counts.trash), yes, danger: true }))) return;
    await this.doing(async () => {
      const done = await this.listing.eraseAll((n) =>
        this.erasing.set(this.words.erasing(n, Math.max(n, counts.trash))),
      );
      this.notices.say(this.words.erased(done));
    });
    this.erasing.set(null);
  }

  private async doing(what: () => Promise<void>): Promise<void> {
    try {
      await what();
      void this.everything.count();
    } catch (error) {
      this.notices.fail(error);
    }
  }

  private async findStay(): Promise<void> {
    // Without an answer the page says only what it knows.
    const info = await got(api.GET('/api/v1/info')).catch(() => null);
    this.stay.set(info?.limits.trash_days ?? null);
  }
}

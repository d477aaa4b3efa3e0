import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  signal,
  untracked,
} from '@angular/core';
import { api, got } from '../api/client';
import { MomentPipe } from '../format/pipes';
import { peopleWords } from '../words/admin';
import { type Event, lineOf } from './deeds';
import { everybody, type Person } from './people';
import { Unanswered } from '../parts/unanswered';

const PAGE = 100;
const DAY = 86_400_000;

/** Who did what, the newest first. */
@Component({
  selector: 'a-audit',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Unanswered, MomentPipe],
  templateUrl: './audit.html',
  styleUrl: './audit.scss',
})
export class AuditPage {
  protected readonly words = peopleWords.audit;
  protected readonly common = peopleWords;
  protected readonly people = signal<readonly Person[]>([]);
  protected readonly who = signal('');
  protected readonly what = signal('');
  /** Days back; 0 for ever. */
  protected readonly when = signal(0);
  protected readonly error = signal<unknown>(null);
  protected readonly busy = signal(false);
  /** Where the older ones begin; null where there are none. */
  protected readonly next = signal<string | null>(null);
  private readonly events = signal<readonly Event[] | null>(null);
  private readonly names = computed(
    () => new Map(this.people().map((person) => [person.id, person.name])),
  );
  protected readonly lines = computed(
    () => this.events()?.map((event) => lineOf(event, this.names())) ?? null,
  );
  /** Counts what was asked for, so that a late answer to an older question is not shown. */
  private asked = 0;

  constructor() {
    effect(() => {
      this.who();
      this.what();
      this.when();
      void untracked(() => this.load());
    });
  }

  protected async load(): Promise<void> {
    if (this.people().length === 0) await this.findPeople();
    await this.fetch(null);
  }

  protected older(): Promise<void> {
    return this.fetch(this.next());
  }

  private async findPeople(): Promise<void> {
    try {
      this.people.set(await everybody());
    } catch (error) {
      this.error.set(error);
    }
  }

  private async fetch(cursor: string | null): Promise<void> {
    const asked = ++this.asked;
    this.busy.set(true);
    try {
      const page = await got(
        api.GET('/api/v1/admin/audit', { params: { query: this.query(cursor) } }),
      );
      if (asked !== this.asked) return;
      this.events.update((all) => [...(cursor === null ? [] : (all ?? [])), ...page.items]);
      this.next.set(page.next);
      this.error.set(null);
    } catch (error) {
      if (asked === this.asked) this.error.set(error);
    } finally {
      if (asked === this.asked) this.busy.set(false);
    }
  }

  private query(cursor: string | null) {
    const since = new Date(Date.now() - this.when() * DAY).toISOString();
    return {
      limit: PAGE,
      ...(cursor && { cursor }),
      ...(this.what() && { action: this.what() }),
      ...(this.who() && { user_id: this.who() }),
      ...(this.when() > 0 && { since }),
    };
  }
}

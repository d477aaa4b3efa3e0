import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  signal,
  untracked,
} from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { count, roughly, size } from '../format/amounts';
import { keep, kept } from '../frame/kept';
import { peopleWords } from '../words/admin';
import { audioOn, lastDays, type Sum, sumOf } from './days';
import { DayBars } from './day-bars';
import { everyPage } from './every-page';
import { Unanswered } from '../parts/unanswered';

const dayName = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** What everybody had transcribed, by person and by day. */
@Component({
  selector: 'a-usage',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DayBars, Unanswered],
  templateUrl: './usage.html',
  styleUrl: './usage.scss',
})
export class UsagePage {
  protected readonly words = peopleWords.usage;
  protected readonly common = peopleWords;
  protected readonly range = signal(kept('usage.days', 30));
  protected readonly error = signal<unknown>(null);
  protected readonly count = count;
  private readonly used = signal<readonly Wire<'UserUsage'>[] | null>(null);
  /** How many days the answer that is shown is about. */
  private readonly shown = signal(30);

  private readonly dates = computed(() => lastDays(this.shown()));
  protected readonly everyDay = computed(() =>
    audioOn(
      this.dates(),
      (this.used() ?? []).flatMap((one) => one.days),
    ),
  );
  protected readonly total = computed(() => sumOf((this.used() ?? []).flatMap((one) => one.days)));
  protected readonly rows = computed(() => {
    const rows = this.used()?.map((one) => ({
      id: one.user_id,
      name: one.name,
      sum: sumOf(one.days),
      values: audioOn(this.dates(), one.days),
    }));
    return rows?.sort((a, b) => b.sum.audio - a.sum.audio) ?? null;
  });
  /** The longest bar of any person: their charts share one scale. */
  protected readonly most = computed(() =>
    Math.max(1, ...(this.rows() ?? []).flatMap((row) => row.values)),
  );
  protected readonly days = computed(() =>
    (this.used() ?? [])
      .flatMap((one) => one.days.map((day) => ({ ...day, name: one.name, id: one.user_id })))
      .sort((a, b) => (a.day < b.day ? 1 : -1)),
  );

  constructor() {
    effect(() => {
      const range = this.range();
      keep('usage.days', range);
      void untracked(() => this.load(range));
    });
  }

  protected async load(days = this.range()): Promise<void> {
    try {
      const used = await everyPage((cursor) => {
        const query = { days, limit: 200, ...(cursor && { cursor }) };
        return got(api.GET('/api/v1/admin/usage', { params: { query } }));
      });
      this.shown.set(days);
      this.used.set(used);
      this.error.set(null);
    } catch (error) {
      this.error.set(error);
    }
  }

  protected audio(sum: Pick<Sum, 'audio'>): string {
    return sum.audio > 0 ? roughly(sum.audio) : this.words.none;
  }

  protected bytes(sum: Pick<Sum, 'bytes'>): string {
    return size(sum.bytes);
  }

  protected label(name: string, values: readonly number[]): string {
    return this.words.chart(name, values.length, this.audio({ audio: Math.max(0, ...values) }));
  }

  protected dayName(day: string): string {
    return dayName.format(new Date(day));
  }
}

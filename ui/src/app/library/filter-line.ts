import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { LucideTrash2 } from '@lucide/angular';
import { firstValueFrom } from 'rxjs';
import { languageName } from '../format/languages';
import { words } from '../words';
import { type Choice, ChoiceMenu } from './choice-menu';
import type { Counts } from './listing';
import { boundsOf, isNarrow, type Query, SORTS, SPANS, VIEWS } from './query';

const { library } = words;
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** Which recordings are listed, and in which order; all of it stands in the address. */
@Component({
  selector: 'a-filter-line',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ChoiceMenu, LucideTrash2, RouterLink],
  templateUrl: './filter-line.html',
  styleUrl: './filter-line.scss',
})
export class FilterLine {
  readonly query = input.required<Query>();
  readonly counts = input.required<Counts | null>();
  /** A search is on: only tags and languages narrow it down. */
  readonly searching = input(false);

  protected readonly words = library;
  protected readonly views = VIEWS;
  private readonly router = inject(Router);
  private readonly dialog = inject(Dialog);

  protected readonly sorts: readonly Choice[] = SORTS.map((value) => ({
    value,
    name: library.sorts[value],
  }));
  protected readonly spans: readonly Choice[] = [
    { value: '', name: library.filters.any.time },
    ...SPANS.map((value) => ({ value, name: library.filters.spans[value] })),
  ];
  protected readonly tags = computed(() => choices('tag', this.counts()?.tags));
  protected readonly languages = computed(() =>
    choices('language', this.counts()?.languages, languageName),
  );
  protected readonly speakers = computed(() => choices('speaker', this.counts()?.speakers));
  protected readonly narrow = computed(() => isNarrow({ ...this.query(), view: 'all' }));
  protected readonly time = computed(() => {
    const bounds = boundsOf(this.query().time);
    if (!bounds?.until) return undefined;
    const last = new Date(bounds.until);
    last.setDate(last.getDate() - 1);
    return library.filters.dates(day.format(bounds.since), day.format(last));
  });

  protected readonly numbers = computed(() => {
    const counts = this.counts();
    return {
      all: undefined,
      running: counts?.running,
      review: counts?.needs_review,
      failed: counts?.failed,
    };
  });

  protected set(name: keyof Query, value: string): void {
    const usual = name === 'sort' && value === SORTS[0];
    void this.router.navigate([], {
      queryParams: { [name]: usual || value === '' ? null : value },
      queryParamsHandling: 'merge',
    });
  }

  protected async askDays(): Promise<void> {
    const { DayDialog } = await import('./day-dialog');
    const asked = this.dialog.open<string>(DayDialog, {
      data: this.query().time,
      ariaLabelledBy: 'days-title',
      backdropClass: 'backdrop',
    });
    const time = await firstValueFrom(asked.closed);
    if (time) this.set('time', time);
  }
}

function choices(
  kind: 'tag' | 'language' | 'speaker',
  counts: Readonly<Record<string, number>> = {},
  nameOf = (value: string) => value,
): readonly Choice[] {
  const found = Object.entries(counts).map(([value, count]) => ({
    value,
    name: nameOf(value),
    count,
  }));
  if (found.length === 0) return [];
  found.sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
  return [{ value: '', name: library.filters.any[kind] }, ...found];
}

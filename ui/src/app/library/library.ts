import {
  CdkFixedSizeVirtualScroll,
  CdkVirtualForOf,
  CdkVirtualScrollableWindow,
  CdkVirtualScrollViewport,
} from '@angular/cdk/scrolling';
import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  Injector,
  input,
  signal,
  untracked,
  viewChild,
  viewChildren,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { ActivatedRoute, NavigationStart, Router, RouterLink } from '@angular/router';
import { LucidePlus } from '@lucide/angular';
import { elsewhere } from '../api/elsewhere';
import { JobFeed } from '../api/job-feed';
import { LibraryPlace } from '../frame/library-place';
import { Shortcuts } from '../frame/shortcuts';
import { PageHead } from '../parts/page-head';
import { ProgressLine } from '../parts/progress-line';
import { Unanswered } from '../parts/unanswered';
import { words } from '../words';
import { BulkBar } from './bulk-bar';
import { EmptyLibrary } from './empty-library';
import { FilterLine } from './filter-line';
import { Finding, type Wanted } from './finding';
import { HitList } from './hit-list';
import { Listing, type Recording } from './listing';
import { isNarrow, PAGE, queryOf } from './query';
import { RecordingActions } from './recording-actions';
import { RecordingRow } from './recording-row';
import { SearchField } from './search-field';
import { Selection } from './selection';
import { shortcutsOf } from './library-keys';
import { returnTo, rowHeight, scrollIntoSight, scrollTo } from './window';

/** All recordings: found, filtered, sorted, and changed one by one or many at once. */
@Component({
  selector: 'a-library',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    BulkBar,
    CdkFixedSizeVirtualScroll,
    CdkVirtualForOf,
    CdkVirtualScrollableWindow,
    CdkVirtualScrollViewport,
    EmptyLibrary,
    FilterLine,
    HitList,
    LucidePlus,
    PageHead,
    ProgressLine,
    RecordingRow,
    RouterLink,
    SearchField,
    Unanswered,
  ],
  providers: [Finding],
  templateUrl: './library.html',
  styleUrl: './library.scss',
})
export class Library {
  readonly q = input<string>();
  readonly view = input<string>();
  readonly tag = input<string>();
  readonly language = input<string>();
  readonly speaker = input<string>();
  readonly time = input<string>();
  readonly sort = input<string>();

  protected readonly words = words.library;
  protected readonly listing = inject(Listing);
  protected readonly selection = new Selection();
  protected readonly rowHeight = rowHeight;
  private readonly finding = inject(Finding);
  private readonly actions = inject(RecordingActions);
  private readonly router = inject(Router);
  private readonly injector = inject(Injector);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  private readonly rows = viewChildren(RecordingRow);
  private readonly viewport = viewChild(CdkVirtualScrollViewport, { read: ElementRef });
  private readonly field = viewChild.required(SearchField);
  protected readonly hitList = viewChild(HitList);

  protected readonly collecting = signal<number | null>(null);
  protected readonly late = signal(false);

  protected readonly query = computed(() =>
    queryOf({
      view: this.view(),
      tag: this.tag(),
      language: this.language(),
      speaker: this.speaker(),
      time: this.time(),
      sort: this.sort(),
    }),
  );
  private readonly sought = computed(() => this.q()?.trim() ?? '');
  protected readonly searching = computed(() => this.sought() !== '');
  protected readonly narrow = computed(() => isNarrow(this.query()));
  protected readonly empty = computed(
    () => this.listing.settled() && this.listing.items().length === 0,
  );
  /** How many there are, where the server has counted just these. */
  protected readonly total = computed(() => {
    const [query, counts] = [this.query(), this.listing.counts()];
    if (this.listing.complete()) return this.listing.items().length;
    const other = { ...query, view: 'all' as const };
    if (counts === null || isNarrow(other)) return null;
    return {
      all: counts.all,
      running: counts.running,
      review: counts.needs_review,
      failed: counts.failed,
    }[query.view];
  });
  protected readonly nothing = computed(() => {
    const { view, ...rest } = this.query();
    const alone = view !== 'all' && !isNarrow({ ...rest, view: 'all' });
    return alone ? this.words.nothing[view] : this.words.nothingFits;
  });

  constructor() {
    const feed = inject(JobFeed);
    const destroy = inject(DestroyRef);
    destroy.onDestroy(feed.listen((job) => this.listing.hear(job)));
    destroy.onDestroy(feed.whenBack(() => void this.listing.refresh()));
    destroy.onDestroy(elsewhere.listen(() => this.listing.hearOfChanges()));
    const place = inject(LibraryPlace);
    // Once the page is destroyed its rows are gone, and with them the place.
    this.router.events.pipe(takeUntilDestroyed()).subscribe((event) => {
      if (event instanceof NavigationStart) this.listing.left = { top: scrollY, q: this.sought() };
    });
    inject(ActivatedRoute)
      .queryParams.pipe(takeUntilDestroyed())
      .subscribe((query) => place.keep(query));
    const back = () => document.hidden || void this.listing.refresh();
    document.addEventListener('visibilitychange', back);
    destroy.onDestroy(() => document.removeEventListener('visibilitychange', back));
    inject(Shortcuts).add(this.words.keys.title, shortcutsOf(this));
    effect(() => {
      const query = this.query();
      untracked(() => this.show(query));
    });
    effect(() => {
      const q = this.sought();
      const { tag, language } = this.query();
      untracked(() => (q ? void this.find({ q, tag, language }) : this.finding.stop()));
    });
    const before = this.listing.returned();
    effect(() => {
      const back = this.listing.returned();
      if (back !== before) untracked(() => this.focusReturned(back));
    });
    // Words only for what takes longer than a moment.
    effect((onCleanup) => {
      this.late.set(false);
      if (this.listing.settled()) return;
      const timer = setTimeout(() => this.late.set(true), 800);
      onCleanup(() => clearTimeout(timer));
    });
  }

  private show(query: ReturnType<typeof queryOf>): void {
    const { top, q } = this.listing.left;
    this.selection.clear();
    const isThere = this.listing.show(query);
    if (!isThere) scrollTo(0);
    else if (!this.searching())
      afterNextRender(() => this.comeBack(q ? 0 : top), { injector: this.injector });
  }

  /** Search; whoever comes back to what was found comes to the place that was left. */
  private async find(wanted: Wanted): Promise<void> {
    const { top, q } = this.listing.left;
    this.listing.left = { top: 0, q: '' };
    if (q !== wanted.q) return this.finding.look(wanted);
    await this.finding.look(wanted);
    afterNextRender(() => returnTo(top), { injector: this.injector });
  }

  /** The list is as it was left: so are the part in view and the row that has the focus. */
  private comeBack(left: number): void {
    returnTo(left);
    if (document.activeElement === document.body) this.focusCurrent();
  }

  protected readonly byId = (_: number, recording: Recording): string => recording.id;

  protected scrolled(first: number): void {
    // The next page comes before anybody reaches the end of this one.
    if (first + PAGE / 2 > this.listing.items().length) void this.listing.more();
  }

  protected search(q: string): void {
    // Each word typed is no place of its own to go back to; the list before the search is.
    const replaceUrl = this.searching();
    void this.router.navigate([], {
      queryParams: { q: q || null },
      queryParamsHandling: 'merge',
      replaceUrl,
    });
  }

  protected enterHits(): void {
    if (this.searching()) this.hitList()?.enter();
    else this.step(0);
  }

  protected pick(recording: Recording, extend: boolean): void {
    this.listing.current.set(recording.id);
    if (extend) this.selection.extend(recording.id, this.listing.order());
    else this.selection.toggle(recording.id);
  }

  protected focused(recording: Recording): void {
    this.listing.current.set(recording.id);
  }

  /** Select everything the filters let through, which takes fetching it. */
  protected async selectAll(): Promise<void> {
    const query = this.query();
    this.collecting.set(this.listing.items().length);
    let before = -1;
    while (!this.listing.complete() && this.listing.items().length > before) {
      before = this.listing.items().length;
      await this.listing.more();
      if (query !== this.query() || this.collecting() === null) return this.collecting.set(null);
      this.collecting.set(this.listing.items().length);
    }
    this.collecting.set(null);
    this.selection.all(this.listing.order());
  }

  /** Select what has been fetched. */
  selectLoaded(): void {
    this.selection.all(this.listing.order());
  }

  clear(): void {
    this.collecting.set(null);
    this.selection.clear();
  }

  /** What keys and the bar act on: what is selected, otherwise the current row. */
  protected chosen(): readonly Recording[] {
    const ids = this.selection.ids();
    if (ids.size > 0) return this.listing.items().filter((one) => ids.has(one.id));
    return this.listing.items().filter((one) => one.id === this.listing.current());
  }

  async remove(which = this.chosen()): Promise<void> {
    if (which.length === 0 || this.searching()) return;
    const gone = new Set(which.map((one) => one.id));
    const order = this.listing.order();
    const at = order.findIndex((id) => gone.has(id));
    if (!(await this.actions.delete(which))) return;
    this.selection.drop(gone);
    const next = this.listing.order()[Math.min(at, this.listing.order().length - 1)];
    this.listing.current.set(next ?? null);
    if (next) this.focusCurrent();
    else afterNextRender(() => this.focusNothing(), { injector: this.injector });
  }

  /** The button that brought them back has gone: the focus follows what it did. */
  private focusReturned(back: readonly Recording[]): void {
    const ids = new Set(back.map((one) => one.id));
    const first = this.listing.order().find((id) => ids.has(id));
    if (!first || this.searching() || document.activeElement !== document.body) return;
    this.listing.current.set(first);
    afterNextRender(() => this.focusCurrent(), { injector: this.injector });
  }

  /** The last row has gone: what is left is the way to all recordings, or to the first one. */
  private focusNothing(): void {
    this.host.querySelector<HTMLElement>('.nothing a, a-empty-library a')?.focus();
  }

  tagChosen(): void {
    const which = this.chosen();
    if (which.length > 0) void this.actions.tag(which);
  }

  exportChosen(): void {
    const which = this.chosen();
    if (which.length > 0) void this.actions.export(which);
  }

  renameCurrent(): void {
    this.rowOf(this.listing.current())?.rename();
  }

  selectCurrent(): void {
    const id = this.listing.current();
    if (id !== null && this.listing.order().includes(id)) this.selection.toggle(id);
  }

  openCurrent(): void {
    const id = this.listing.current();
    if (id !== null && !this.searching()) void this.router.navigate(['/recordings', id]);
  }

  focusSearch(): void {
    this.field().focus();
  }

  /** Make the next or previous row the current one. */
  step(by: number): void {
    if (this.searching()) return this.hitList()?.enter();
    const order = this.listing.order();
    if (order.length === 0) return;
    const at = order.indexOf(this.listing.current() ?? '');
    const to = at < 0 ? 0 : Math.max(0, Math.min(order.length - 1, at + by));
    this.listing.current.set(order[to] ?? null);
    this.scrolled(to);
    this.focusCurrent();
  }

  private focusCurrent(): void {
    const id = this.listing.current();
    const viewport = this.viewport()?.nativeElement as HTMLElement | undefined;
    if (id === null || !viewport) return;
    scrollIntoSight(viewport, this.listing.order().indexOf(id), rowHeight());
    // Rows far away are drawn once the scrolling has been noticed.
    let frames = 10;
    const focus = () => {
      const row = this.rowOf(id);
      if (row) row.focus();
      else if (--frames > 0) requestAnimationFrame(focus);
    };
    requestAnimationFrame(focus);
  }

  private rowOf(id: string | null): RecordingRow | undefined {
    return this.rows().find((row) => row.recording().id === id);
  }
}

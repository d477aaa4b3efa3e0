import { LocationStrategy } from '@angular/common';
import { computed, Directive, inject, Injectable, signal } from '@angular/core';
import { type Params, Router } from '@angular/router';

/** The library as it was left: what was searched for, the filters, and the place in the list. */
@Injectable({ providedIn: 'root' })
export class LibraryPlace {
  private readonly router = inject(Router);
  private readonly query = signal<Params>({});
  readonly address = computed(() =>
    this.router.createUrlTree(['/'], { queryParams: this.query() }),
  );

  /** Keep what the library's address says now. */
  keep(query: Params): void {
    this.query.set(query);
  }

  /** Go there; the library scrolls to its place by itself. */
  async open(): Promise<void> {
    await this.router.navigateByUrl(this.address(), { scroll: 'manual' });
  }
}

/** A link back to the library as it was left. */
@Directive({
  selector: 'a[aLibraryLink]',
  host: { '[attr.href]': 'href()', '(click)': 'go($event)' },
})
export class LibraryLink {
  private readonly router = inject(Router);
  private readonly location = inject(LocationStrategy);
  private readonly place = inject(LibraryPlace);
  protected readonly href = computed(() =>
    this.location.prepareExternalUrl(this.router.serializeUrl(this.place.address())),
  );

  protected go(event: MouseEvent): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    void this.place.open();
  }
}

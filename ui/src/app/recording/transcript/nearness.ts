import { DestroyRef, ElementRef, inject, Injectable, type Signal, signal } from '@angular/core';

/** How far (pixels) outside of the view something still is near. */
const MARGIN = '900px 0px';

/** Tells paragraphs whether they are in view or close to it. */
@Injectable()
export class Nearness {
  private readonly watched = new Map<Element, (near: boolean) => void>();
  private readonly observer = new IntersectionObserver(
    (entries) => {
      for (const one of entries) this.watched.get(one.target)?.(one.isIntersecting);
    },
    // Newer browsers widen the frames of what scrolls inside the page too.
    { rootMargin: MARGIN, scrollMargin: MARGIN } as IntersectionObserverInit,
  );

  constructor() {
    inject(DestroyRef).onDestroy(() => this.observer.disconnect());
  }

  /** Whether the calling component is near. Call it where inject() works. */
  watch(): Signal<boolean> {
    const element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    const near = signal(false);
    this.watched.set(element, (is) => near.set(is));
    this.observer.observe(element);
    inject(DestroyRef).onDestroy(() => {
      this.observer.unobserve(element);
      this.watched.delete(element);
    });
    return near.asReadonly();
  }
}

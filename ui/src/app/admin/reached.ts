import { DestroyRef, Directive, ElementRef, inject, output } from '@angular/core';

/** Says when somebody has scrolled (nearly) as far as this element. */
@Directive({ selector: '[aReached]' })
export class Reached {
  readonly aReached = output();

  constructor() {
    const seen = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.aReached.emit(),
      { rootMargin: '600px' },
    );
    seen.observe(inject<ElementRef<HTMLElement>>(ElementRef).nativeElement);
    inject(DestroyRef).onDestroy(() => seen.disconnect());
  }
}

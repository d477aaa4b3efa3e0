import {
  DestroyRef,
  Directive,
  effect,
  ElementRef,
  inject,
  input,
  output,
  signal,
  untracked,
} from '@angular/core';

/** Says when somebody has scrolled (nearly) as far as this element, and again whenever `aReachedAfter` changes. */
@Directive({ selector: '[aReached]' })
export class Reached {
  /** What changes when there is more above the element, which may still be in sight. */
  readonly aReachedAfter = input.required<unknown>();
  readonly aReached = output();
  private readonly inSight = signal(false);

  constructor() {
    const seen = new IntersectionObserver(
      (entries) => this.inSight.set(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: '600px' },
    );
    seen.observe(inject<ElementRef<HTMLElement>>(ElementRef).nativeElement);
    inject(DestroyRef).onDestroy(() => seen.disconnect());
    effect(() => {
      this.aReachedAfter();
      if (this.inSight()) untracked(() => this.aReached.emit());
    });
  }
}

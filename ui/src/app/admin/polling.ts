import {
  DestroyRef,
  effect,
  inject,
  type Signal,
  signal,
  untracked,
  type WritableSignal,
} from '@angular/core';

/** What the server last answered to a question that is asked again and again. */
export interface Polled<T> {
  /** The newest answer; null before the first. */
  readonly value: Signal<T | null>;
  /** Why the last question was not answered; null where it was. */
  readonly error: Signal<unknown>;
  readonly paused: WritableSignal<boolean>;
  /** Ask now. */
  ask(): Promise<void>;
}

/**
 * Ask every so many milliseconds (`every` may depend on the newest answer) for as long as the caller (a component)
 * lives, and only while somebody can see the page. Call it where inject() works.
 */
export function polled<T>(
  every: number | ((answer: T | null) => number),
  question: () => Promise<T>,
): Polled<T> {
  const value = signal<T | null>(null);
  const error = signal<unknown>(null);
  const paused = signal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  let over = false;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const mine = ++latest;
    try {
      const answer = await question();
      if (mine !== latest || over) return;
      value.set(answer);
      error.set(null);
    } catch (problem) {
      if (mine !== latest || over) return;
      error.set(problem);
    }
    timer = setTimeout(askIfSeen, typeof every === 'number' ? every : every(value()));
  }

  function askIfSeen(): void {
    clearTimeout(timer);
    if (!paused() && document.visibilityState === 'visible') void ask();
  }

  document.addEventListener('visibilitychange', askIfSeen);
  inject(DestroyRef).onDestroy(() => {
    over = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', askIfSeen);
  });
  effect(() => {
    // The question may read signals; it is not asked again because they change.
    if (!paused()) untracked(askIfSeen);
  });
  return { value: value.asReadonly(), error: error.asReadonly(), paused, ask };
}

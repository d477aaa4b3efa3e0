/** What happens when a session ends while somebody works: they sign in again, and nothing is lost. */

import { signal } from '@angular/core';

const watched = signal(false);
const over = signal(false);
let waiting: (() => void)[] = [];

export const expiry = {
  /** True while somebody has to sign in again. */
  over: over.asReadonly(),

  /** From now on an answer "not signed in" means that the session has ended. */
  watch(on: boolean): void {
    watched.set(on);
  },

  isWatched(): boolean {
    return watched();
  },

  /** Ask for the password again; resolves when somebody is signed in. */
  end(): Promise<void> {
    over.set(true);
    return new Promise((resolve) => waiting.push(resolve));
  },

  /** Somebody has signed in: what waited goes on. */
  resume(): void {
    over.set(false);
    const some = waiting;
    waiting = [];
    for (const one of some) one();
  },
};

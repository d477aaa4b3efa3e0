/** What happens when a session ends while somebody works: they sign in again, and nothing is lost. */

import { signal } from '@angular/core';

const watched = signal(false);
const over = signal(false);
let waiting: (() => void)[] = [];
/** How often somebody has signed in again. */
let renewals = 0;

export const expiry = {
  /** True while somebody has to sign in again. */
  over: over.asReadonly(),

  /** From now on an answer "not signed in" means that the session has ended. */
  watch(on: boolean): void {
    watched.set(on);
  },

  /** What `ask` is answered, asked again each time that the session was over and somebody has signed in. */
  async through(ask: () => Promise<Response>): Promise<Response> {
    for (;;) {
      const before = renewals;
      const answer = await ask();
      if (answer.status !== 401 || !watched()) return answer;
      // A late answer to what was asked before somebody signed in says nothing of the session there is now.
      if (before === renewals) await expiry.end();
    }
  },

  /** Ask for the password again; resolves when somebody is signed in. */
  end(): Promise<void> {
    over.set(true);
    return new Promise((resolve) => waiting.push(resolve));
  },

  /** Somebody has signed in: what waited goes on. */
  resume(): void {
    renewals += 1;
    over.set(false);
    const some = waiting;
    waiting = [];
    for (const one of some) one();
  },
};

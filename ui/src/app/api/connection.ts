/** Whether the server answers; everything that asks it says what it found. */

import { computed, signal } from '@angular/core';

const failing = signal(false);
const online = signal(navigator.onLine);
let asking: ReturnType<typeof setTimeout> | undefined;
let waiting: (() => void)[] = [];

addEventListener('online', () => online.set(true));
addEventListener('offline', () => online.set(false));

/** Ask until there is an answer, so that the page comes back by itself. */
function askAgain(): void {
  clearTimeout(asking);
  asking = setTimeout(() => {
    void fetch(new URL('health/live', document.baseURI), { cache: 'no-store' })
      .then((answer) => (answer.ok ? connection.answered() : askAgain()))
      .catch(() => askAgain());
  }, 1500);
}

export const connection = {
  /** True while the server does not answer. */
  lost: computed(() => failing() || !online()),
  /** True while this device has no network at all. */
  offline: computed(() => !online()),

  answered(): void {
    clearTimeout(asking);
    failing.set(false);
    const some = waiting;
    waiting = [];
    for (const one of some) one();
  },

  /** Resolves as soon as the server answers. */
  back(): Promise<void> {
    return failing() ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
  },

  failed(): void {
    failing.set(true);
    askAgain();
  },
};

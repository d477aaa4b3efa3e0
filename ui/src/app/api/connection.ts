/** Whether the server answers; everything that asks it says what it found. */

import { computed, signal } from '@angular/core';

/** How long (ms) something may stay without an answer until the server is asked whether it lives at all. */
const LONG = 3000;
/** How long (ms) a server that lives may take to say so, however much it has to do. */
const PATIENCE = 6000;
/** How long (ms) to wait before a server that does not answer is asked again. */
const PAUSE = 1500;

const failing = signal(false);
const online = signal(navigator.onLine);
let asking: ReturnType<typeof setTimeout> | undefined;
let looking: Promise<boolean> | null = null;
let waiting: (() => void)[] = [];
/** When (ms of the page) the server was heard last, or took something. */
let heard = 0;

addEventListener('online', () => online.set(true));
addEventListener('offline', () => online.set(false));

/** Whether the server says that it lives; also many who ask at the same time ask it once. */
function lives(): Promise<boolean> {
  looking ??= fetch(new URL('health/live', document.baseURI), {
    cache: 'no-store',
    signal: AbortSignal.timeout(PATIENCE),
  })
    .then(
      (answer) => answer.ok,
      () => false,
    )
    .finally(() => (looking = null));
  return looking;
}

/** Whether anything came or went lately, or the server says that it lives. */
async function moves(): Promise<boolean> {
  const since = performance.now() - LONG;
  // What an upload fills holds up the question too.
  return heard > since || (await lives()) || heard > since;
}

/** Ask until there is an answer, so that the page comes back by itself. */
function askAgain(): void {
  clearTimeout(asking);
  asking = setTimeout(() => {
    void lives().then((answer) => (answer ? connection.answered() : askAgain()));
  }, PAUSE);
}

export const connection = {
  /** True while the server does not answer. */
  lost: computed(() => failing() || !online()),
  /** True while this device has no network at all. */
  offline: computed(() => !online()),

  answered(): void {
    connection.moved();
    clearTimeout(asking);
    failing.set(false);
    const some = waiting;
    waiting = [];
    for (const one of some) one();
  },

  /** Something came from the server, or went there. */
  moved(): void {
    heard = performance.now();
  },

  /** Resolves as soon as the server answers. */
  back(): Promise<void> {
    return failing() ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
  },

  failed(): void {
    failing.set(true);
    askAgain();
  },

  /**
   * Something is expected of the server, until what this gives is called.
   *
   * A server that hangs and a network that swallows everything refuse nothing, so what takes long is no sign: it may be
   * a lot of work. Then the server is asked beside it whether it lives. What is expected is never given up for that, as
   * nobody could say whether it was done.
   */
  expect(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const look = async () => {
      const isWell = failing() || (await moves());
      if (isOver) return;
      if (!isWell) connection.failed();
      timer = setTimeout(() => void look(), LONG);
    };
    timer = setTimeout(() => void look(), LONG);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  },
};

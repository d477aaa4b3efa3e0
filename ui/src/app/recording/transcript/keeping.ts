/** What this tab keeps of somebody's work on a recording until the server has it; a reload loses none of it. */

import type { Change, Clash, Draft } from './pending';

export class Keeping {
  readonly draft: Drawer<Draft>;
  readonly changes: Drawer<readonly Change[]>;
  readonly clashes: Drawer<readonly Clash[]>;

  /** Whoever signs in next in this tab finds nothing of it: the drawers are those of one user (id). */
  constructor(user: string, recording: string) {
    const place = `${user}.${recording}`;
    this.draft = new Drawer(`draft.${place}`);
    this.changes = new Drawer(`changes.${place}`);
    this.clashes = new Drawer(`clashes.${place}`);
  }
}

/** A place of its own in the tab; where the browser keeps nothing it stays empty. */
class Drawer<T> {
  private readonly name: string;

  constructor(name: string) {
    this.name = `auricle.${name}`;
  }

  read(): T | null {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }

  put(value: T | null): void {
    try {
      if (value === null) sessionStorage.removeItem(this.name);
      else sessionStorage.setItem(this.name, JSON.stringify(value));
    } catch {
      // What is on its way lasts as long as the page.
    }
  }
}

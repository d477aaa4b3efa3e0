import { Injectable, signal } from '@angular/core';
import { sentenceOf } from '../api/client';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly fault: boolean;
  readonly action?: { readonly name: string; readonly act: () => void };
}

/** How long (ms) a notice stays; what can be undone stays longer. */
const STAY = 6000;
const STAY_WITH_ACTION = 12_000;
const MOST = 3;

/** Sentences about what just happened. */
@Injectable({ providedIn: 'root' })
export class Notices {
  private readonly all = signal<readonly Notice[]>([]);
  private last = 0;
  readonly shown = this.all.asReadonly();

  /** Say that something was done, perhaps with a way to undo it; the answer takes the notice away again. */
  say(text: string, action?: Notice['action']): () => void {
    return this.show({ text, fault: false, ...(action && { action }) });
  }

  /** Say why something could not be done. */
  fail(error: unknown, action?: Notice['action']): void {
    this.show({ text: sentenceOf(error), fault: true, ...(action && { action }) });
  }

  act(notice: Notice): void {
    this.dismiss(notice.id);
    notice.action?.act();
  }

  dismiss(id: number): void {
    this.all.update((all) => all.filter((one) => one.id !== id));
  }

  private show(notice: Omit<Notice, 'id'>): () => void {
    const id = ++this.last;
    this.all.update((all) => [...all.slice(1 - MOST), { id, ...notice }]);
    setTimeout(() => this.dismiss(id), notice.action || notice.fault ? STAY_WITH_ACTION : STAY);
    return () => this.dismiss(id);
  }
}

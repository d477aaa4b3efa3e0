import { Injectable } from '@angular/core';

/** Sends the changes of one recording. */
export interface Sender {
  /** True while the server does not have everything. */
  hasUnsent(): boolean;
  /** Another one goes on with the changes. */
  retire(): void;
}

/**
 * Who sends what, also after its page was left: one for each recording.
 *
 * What is unsent outlives a reload of the tab but not its end, so whoever closes it is asked.
 */
@Injectable({ providedIn: 'root' })
export class Unsent {
  private readonly senders = new Map<string, Sender>();

  constructor() {
    addEventListener('beforeunload', (event) => {
      if ([...this.senders.values()].some((one) => one.hasUnsent())) event.preventDefault();
    });
  }

  /** From now on this one sends a recording's changes; who did so before stops. */
  take(recording: string, sender: Sender): void {
    const before = this.senders.get(recording);
    this.senders.set(recording, sender);
    if (before !== sender) before?.retire();
  }

  /** This one has nothing more to send. */
  drop(recording: string, sender: Sender): void {
    if (this.senders.get(recording) === sender) this.senders.delete(recording);
  }
}

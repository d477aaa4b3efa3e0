/** Forms that send themselves to the API and say what it refuses. */

import { signal } from '@angular/core';
import { sentenceOf } from '../api/client';

/** One sending at a time, and the sentence that says why the last one was refused. */
export class Sending {
  private readonly now = signal(false);
  private readonly why = signal('');
  readonly busy = this.now.asReadonly();
  /** Empty while nothing was refused. */
  readonly fault = this.why.asReadonly();

  /** Do it unless something is being done; whether it was done. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.now()) return false;
    this.now.set(true);
    this.why.set('');
    try {
      await act();
      return true;
    } catch (error) {
      this.why.set(sentenceOf(error));
      return false;
    } finally {
      this.now.set(false);
    }
  }

  /** Say why it cannot be sent at all. */
  refuse(sentence: string): void {
    this.why.set(sentence);
  }
}

/** What stands in the fields of the form that is being sent; fields a password manager filled included. */
export function fieldsOf(event: Event): FormData {
  event.preventDefault();
  return new FormData(event.target as HTMLFormElement);
}

/** The text in one of the fields; empty where there is none. */
export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { appended } from './merging';

export type Hit = Wire<'HitModel'> & { readonly id: string };

/** What is searched for. */
export interface Wanted {
  readonly q: string;
  readonly tag: string;
  readonly language: string;
}

/** A search as somebody types: only the answer to what was typed last counts. */
@Injectable()
export class Finding {
  private readonly found = signal<readonly Hit[]>([]);
  private readonly following = signal<string | null>(null);
  private readonly trouble = signal<unknown>(null);
  private readonly answered = signal<Wanted | null>(null);
  private readonly wanted = signal<Wanted | null>(null);
  private asking = new AbortController();

  readonly hits = this.found.asReadonly();
  /** Why the last search was not answered; null where it was. */
  readonly fault = this.trouble.asReadonly();
  readonly more = computed(() => this.following() !== null);
  /** What the hits were found for; null before the first answer. */
  readonly of = this.answered.asReadonly();
  /** True while the hits are not those of what was asked last. */
  readonly busy = computed(() => this.wanted() !== this.answered() && this.trouble() === null);

  constructor() {
    inject(DestroyRef).onDestroy(() => this.asking.abort());
  }

  /** Search for something else. */
  async look(wanted: Wanted): Promise<void> {
    this.wanted.set(wanted);
    this.trouble.set(null);
    await this.ask(wanted, null);
  }

  /** Search once more for what was not answered. */
  async again(): Promise<void> {
    const wanted = this.wanted();
    if (wanted) await this.look(wanted);
  }

  /** Fetch the next hits. */
  async lookFurther(): Promise<void> {
    const [wanted, cursor] = [this.answered(), this.following()];
    if (wanted && cursor) await this.ask(wanted, cursor);
  }

  /** Nothing is searched for any more. */
  stop(): void {
    this.asking.abort();
    this.wanted.set(null);
    this.answered.set(null);
    this.found.set([]);
    this.following.set(null);
    this.trouble.set(null);
  }

  private async ask(wanted: Wanted, cursor: string | null): Promise<void> {
    this.asking.abort();
    const { signal } = (this.asking = new AbortController());
    try {
      const query = {
        q: wanted.q,
        ...(wanted.tag && { tag: wanted.tag }),
        ...(wanted.language && { language: wanted.language }),
        ...(cursor && { cursor }),
      };
      const page = await got(api.GET('/api/v1/search', { params: { query }, signal }));
      if (signal.aborted) return;
      const hits = page.items.map((one) => ({ ...one, id: one.recording.id }));
      this.found.set(cursor === null ? hits : appended(this.found(), hits));
      this.following.set(page.next);
      this.answered.set(wanted);
    } catch (error) {
      if (!signal.aborted) this.trouble.set(error);
    }
  }
}

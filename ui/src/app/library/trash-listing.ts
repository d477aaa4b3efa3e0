import { computed, Injectable, signal } from '@angular/core';
import { api, got, sentenceOf } from '../api/client';
import type { Recording } from './listing';
import { appended } from './merging';
import { PAGE } from './query';

/** How many are erased at the same time. */
const TOGETHER = 4;

/** What is in the trash, page by page, those deleted last first. */
@Injectable()
export class TrashListing {
  private readonly all = signal<readonly Recording[]>([]);
  private readonly following = signal<string | null>(null);
  private readonly read = signal(false);
  private readonly trouble = signal<unknown>(null);
  private reading = false;

  readonly items = this.all.asReadonly();
  readonly fault = this.trouble.asReadonly();
  readonly complete = computed(() => this.read() && this.following() === null);
  readonly empty = computed(() => this.complete() && this.all().length === 0);

  /** Read the first page, or the next. */
  async more(): Promise<void> {
    if (this.reading || this.complete()) return;
    this.reading = true;
    this.trouble.set(null);
    try {
      const cursor = this.following();
      const query = {
        trash: true,
        sort: 'changed',
        limit: PAGE,
        ...(cursor && { cursor }),
      } as const;
      const page = await got(api.GET('/api/v1/recordings', { params: { query } }));
      this.all.update((items) => appended(items, page.items));
      this.following.set(page.next);
      this.read.set(true);
    } catch (error) {
      this.trouble.set(error);
    } finally {
      this.reading = false;
    }
  }

  drop(id: string): void {
    this.all.update((items) => items.filter((one) => one.id !== id));
  }

  /** Erase one recording for ever. */
  async erase(id: string): Promise<void> {
    const params = { path: { recording_id: id }, query: { forever: true } };
    await got(api.DELETE('/api/v1/recordings/{recording_id}', { params }));
    this.drop(id);
  }

  /** Erase everything, also what has not been read yet; tells how many are gone after each. */
  async eraseAll(tell: (done: number) => void): Promise<number> {
    let done = 0;
    for (;;) {
      const some = this.all().slice(0, TOGETHER);
      if (some.length === 0) {
        await this.more();
        if (this.trouble() !== null) throw new Error(sentenceOf(this.trouble()));
        if (this.all().length === 0) return done;
        continue;
      }
      await Promise.all(some.map((one) => this.erase(one.id)));
      done += some.length;
      tell(done);
    }
  }
}

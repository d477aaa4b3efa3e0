import { computed, Injectable, signal } from '@angular/core';
import { api, got, sentenceOf, type Wire } from './client';

/** What this installation is and can do; asked once. */
@Injectable({ providedIn: 'root' })
export class Installation {
  private readonly told = signal<Wire<'Info'> | null>(null);
  private readonly named = signal<readonly Wire<'ModelCard'>[]>([]);
  private asking: Promise<void> | null = null;

  /** Null until the server has answered. */
  readonly info = this.told.asReadonly();
  /** The models that are here. */
  readonly models = this.named.asReadonly();
  /** Why nothing is known; empty while all is well. */
  readonly fault = signal('');
  readonly largest = computed(() => this.told()?.limits.max_upload ?? Infinity);

  /** Ask; resolves also where the server does not answer. */
  load(): Promise<void> {
    if (this.told() !== null) return Promise.resolve();
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  private async ask(): Promise<void> {
    try {
      const [info, models] = await Promise.all([
        got(api.GET('/api/v1/info')),
        got(api.GET('/v1/models')),
      ]);
      this.named.set(models.data);
      this.told.set(info);
      this.fault.set('');
    } catch (error) {
      this.fault.set(sentenceOf(error));
    }
  }
}

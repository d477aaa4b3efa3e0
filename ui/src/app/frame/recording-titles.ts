import { Injectable, signal } from '@angular/core';
import { api, got } from '../api/client';

/** The titles of recordings whose jobs are shown; each is asked for once. */
@Injectable({ providedIn: 'root' })
export class RecordingTitles {
  private readonly known = signal<ReadonlyMap<string, string>>(new Map());
  private readonly asked = new Set<string>();

  /** Empty while unknown. */
  of(id: string): string {
    return this.known().get(id) ?? '';
  }

  /** See to it that the title is known; resolves also where it cannot be. */
  async find(id: string): Promise<void> {
    if (this.asked.has(id)) return;
    this.asked.add(id);
    try {
      const params = { path: { recording_id: id } };
      const { title } = await got(api.GET('/api/v1/recordings/{recording_id}', { params }));
      this.known.update((all) => new Map(all).set(id, title));
    } catch {
      // It is asked for again with the next news of its job.
      this.asked.delete(id);
    }
  }
}

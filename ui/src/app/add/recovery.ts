/** Uploads that a closed or reloaded page has left behind, and whether another tab is at them. */

import { api, got, Refused } from '../api/client';
import { allUnfinished, forgetUnfinished, type Unfinished } from './unfinished';
import { Upload } from './upload';

/** What can go on, of this person; what the server does not know any more is forgotten. */
export async function findUnfinished(owner: string): Promise<Upload[]> {
  const kept = (await allUnfinished()).filter((one) => one.owner === owner);
  const found = await Promise.all(kept.map(askFor));
  return found.filter((one) => one !== null);
}

async function askFor(kept: Unfinished): Promise<Upload | null> {
  const upload = new Upload(kept.name, kept.size, kept.wishes, null);
  try {
    const params = { path: { upload_id: kept.id } };
    const there = await got(api.GET('/api/v1/uploads/{upload_id}', { params }));
    if (there.recording_id !== null) {
      await forgetUnfinished(kept.id);
      return null;
    }
    upload.sent.set(there.received_bytes);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) {
      await forgetUnfinished(kept.id);
      return null;
    }
    // The server does not answer now: it is still there to go on with.
  }
  upload.uploadId = kept.id;
  upload.handle = kept.handle ?? null;
  upload.state.set('unfinished');
  return upload;
}

/** Tabs tell each other which uploads they send, so that none offers what another is at. */
export class TabTalk {
  private readonly channel = new BroadcastChannel('auricle.uploads');

  constructor(mine: () => readonly string[], theirs: (ids: readonly string[]) => void) {
    this.channel.onmessage = (event: MessageEvent<readonly string[] | null>) => {
      if (event.data !== null) theirs(event.data);
      else if (mine().length > 0) this.channel.postMessage(mine());
    };
  }

  /** Ask the others for what they send. */
  ask(): void {
    this.channel.postMessage(null);
  }
}

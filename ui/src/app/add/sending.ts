/** How one file goes to the server: whole where it is small, else in parts that outlive a lost connection. */

import { api, got, Refused, type Wire } from '../api/client';
import type { Upload } from './upload';
import { transfer } from './transfer';
import { forgetUnfinished, keepUnfinished } from './unfinished';

type Accepted = Wire<'Accepted'>;

/** Files up to this size (bytes), no more than one part, go whole: that is one request instead of three. */
const WHOLE = 4 << 20;
/** Parts on their way at the same time. */
const SIDE_BY_SIDE = 2;

/** What became of a file: the answer, and an older recording with the same content. */
export interface Sent {
  readonly accepted: Accepted;
  readonly older: string | null;
}

/** Send a file, or what is missing of it. Throws what `transfer` throws. */
export async function sendFile(upload: Upload, owner: string, signal: AbortSignal): Promise<Sent> {
  const file = upload.file;
  if (file === null) throw new Error(`${upload.name} has no file`);
  if (upload.uploadId === null && file.size <= WHOLE) return sendWhole(upload, file, signal);
  return sendInParts(upload, file, owner, signal);
}

/** Take away what is on the server of an upload that was given up. */
export async function giveUp(uploadId: string): Promise<void> {
  await forgetUnfinished(uploadId);
  await got(
    api.DELETE('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: uploadId } } }),
  );
}

async function sendWhole(upload: Upload, file: File, signal: AbortSignal): Promise<Sent> {
  const { wishes } = upload;
  // Once an answer may have been lost, an answer 200 is what this file became and not an older one.
  const first = upload.attempts === 1;
  const form = new FormData();
  form.set('options', JSON.stringify(wishes.options));
  form.set('tags', wishes.tags.join(','));
  form.set('priority', wishes.priority);
  form.set('on_duplicate', first ? wishes.on_duplicate : 'keep');
  if (wishes.title) form.set('title', wishes.title);
  form.set('file', file, upload.name);
  const { status, body } = await transfer<Accepted>({
    method: 'POST',
    path: '/api/v1/recordings',
    body: form,
    headers: { 'Idempotency-Key': upload.idempotencyKey },
    signal,
    progress: (sent) => upload.note(sent),
  }).catch((error: unknown) => {
    // The server keeps nothing of what broke off.
    upload.sent.set(0);
    throw error;
  });
  const same = first && status === 200;
  return { accepted: body, older: same ? body.recording.id : body.duplicate_of };
}

async function sendInParts(
  upload: Upload,
  file: File,
  owner: string,
  signal: AbortSignal,
): Promise<Sent> {
  const begun = await begin(upload, file, owner);
  if (begun.recording_id === null) await sendMissing(upload, file, begun, signal);
  signal.throwIfAborted();
  upload.rest('joining');
  const accepted = await got(
    api.POST('/api/v1/uploads/{upload_id}/complete', {
      params: { path: { upload_id: begun.id } },
      // What goes straight to S3 is compared with older recordings only when it is transcribed.
      body: begun.urls === null ? upload.wishes : { ...upload.wishes, on_duplicate: 'keep' },
    }),
  ).catch(async (error: unknown) => {
    if (error instanceof Refused && error.code === 'audio_unreadable') {
      // However often it is tried, it is no recording: it need not take room on the server.
      await giveUp(begun.id);
      await startAnew(upload);
    }
    throw error;
  });
  await forgetUnfinished(begun.id);
  const same = accepted.recording.id !== begun.id;
  return { accepted, older: same ? accepted.recording.id : accepted.duplicate_of };
}

/** What the server has of it, told anew each time. */
async function begin(upload: Upload, file: File, owner: string): Promise<Wire<'UploadModel'>> {
  if (upload.uploadId !== null) {
    try {
      const params = { path: { upload_id: upload.uploadId } };
      return await got(api.GET('/api/v1/uploads/{upload_id}', { params }));
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) throw error;
      await startAnew(upload);
    }
  }
  const media_type = file.type || 'application/octet-stream';
  const begun = await got(
    api.POST('/api/v1/uploads', {
      body: { filename: upload.name, size: upload.size, media_type },
    }),
  );
  upload.uploadId = begun.id;
  const { name, size, wishes } = upload;
  await keepUnfinished({
    id: begun.id,
    owner,
    name,
    size,
    wishes,
    handle: upload.handle ?? undefined,
  });
  return begun;
}

async function startAnew(upload: Upload): Promise<void> {
  if (upload.uploadId !== null) await forgetUnfinished(upload.uploadId);
  upload.uploadId = null;
  upload.sent.set(0);
}

/** Send the parts that are not there, some side by side; the first that fails stops the others. */
async function sendMissing(
  upload: Upload,
  file: File,
  begun: Wire<'UploadModel'>,
  signal: AbortSignal,
): Promise<void> {
  const there = new Set(begun.received);
  const missing = Array.from({ length: begun.parts }, (_, n) => n + 1).filter((n) => !there.has(n));
  const moving = new Map<number, number>();
  let over = begun.received_bytes;
  const tell = () => upload.note([...moving.values()].reduce((sum, sent) => sum + sent, over));
  const all = new AbortController();
  const either = AbortSignal.any([signal, all.signal]);
  tell();

  const worker = async () => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      const n = number;
      const from = (n - 1) * begun.part_size;
      const body = file.slice(from, from + begun.part_size);
      await transfer({
        method: 'PUT',
        path: `/api/v1/uploads/${begun.id}/parts/${n}`,
        body,
        signal: either,
        progress: (sent) => {
          moving.set(n, Math.min(sent, body.size));
          tell();
        },
      });
      moving.delete(n);
      over += body.size;
      upload.fruitless = 0;
      tell();
    }
  };
  const workers = Array.from({ length: SIDE_BY_SIDE }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    all.abort(error);
    await Promise.allSettled(workers);
    upload.note(over);
    throw error;
  }
}

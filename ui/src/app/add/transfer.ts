/** Sends bytes and tells how far it is, which `fetch` cannot. */

import { addressOf, refusal, Unreachable } from '../api/client';
import { connection } from '../api/connection';
import { expiry } from '../api/expiry';
import { words } from '../words';

export interface Transfer {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: Blob | FormData;
  readonly headers?: Record<string, string>;
  readonly signal: AbortSignal;
  /** Told how many bytes of the body are on their way. */
  readonly progress: (sent: number) => void;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** How long (ms) nothing may move before the connection counts as lost. */
const PATIENCE = 60_000;
/** A proxy says these while the server behind it is starting. */
const NOBODY_THERE: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * What the server answers. Throws Refused with the server's sentence, Unreachable, or the signal's reason; where
 * the session is over it goes on once somebody has signed in again.
 */
export async function transfer<T>(wanted: Transfer): Promise<Answer<T>> {
  const answer = await expiry.through(() => attempt(wanted));
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return { status: answer.status, body: body as T };
  if (NOBODY_THERE.has(answer.status) && body === null) throw unreachable();
  throw refusal(answer, body);
}

function attempt(wanted: Transfer): Promise<Response> {
  const { signal } = wanted;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let timer = setTimeout(stop, PATIENCE);
    const answered = connection.expect();
    const over = () => {
      answered();
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    request.upload.onprogress = (event) => {
      clearTimeout(timer);
      timer = setTimeout(stop, PATIENCE);
      connection.moved();
      wanted.progress(event.loaded);
    };
    // From here on the server works, however long that takes.
    request.upload.onloadend = () => clearTimeout(timer);
    request.onload = () => {
      connection.answered();
      over();
      resolve(asResponse(request));
    };
    request.onerror = request.onabort = () => {
      over();
      reject(signal.aborted ? signal.reason : unreachable());
    };
    signal.addEventListener('abort', stop);
    request.open(wanted.method, addressOf(wanted.path));
    for (const [name, value] of Object.entries(wanted.headers ?? {}))
      request.setRequestHeader(name, value);
    request.send(wanted.body);
  });
}

function unreachable(): Unreachable {
  connection.failed();
  return new Unreachable(words.frame.unreachable);
}

function asResponse(request: XMLHttpRequest): Response {
  const wait = request.getResponseHeader('retry-after');
  const body = request.status === 204 ? null : request.responseText;
  return new Response(body, {
    status: request.status,
    headers: wait === null ? {} : { 'retry-after': wait },
  });
}

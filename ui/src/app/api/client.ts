/** The way to the server: typed requests, and what becomes of those it refuses or never gets. */

import createClient from 'openapi-fetch';
import { connection } from './connection';
import { elsewhere } from './elsewhere';
import type { components, paths } from './schema';
import { expiry } from './expiry';
import { words } from '../words';

/** What goes over the wire, by the name it has in the OpenAPI document. */
export type Wire<Name extends keyof components['schemas']> = components['schemas'][Name];

/** A refusal: `message` is the server's sentence for people, `code` its name for programs. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    /** Seconds after which it may be worth repeating; null where the server says nothing. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {}

/** Where the application is, without a slash at the end: all addresses begin with it. */
export const root = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** The address of something on the server, such as `/api/v1/recordings/1/preview`. */
export function addressOf(path: string): string {
  return root + path;
}

/** A request; one that finds the session over is repeated once somebody has signed in again. */
export async function send(request: Request): Promise<Response> {
  // Who asks for the session itself is told that there is none.
  if (request.url.endsWith('/api/v1/session')) return reach(request);
  return expiry.through(() => reach(request.clone()));
}

async function reach(request: Request): Promise<Response> {
  const answered = connection.expect();
  try {
    const answer = await fetch(request);
    connection.answered();
    if (answer.ok) elsewhere.tell(request);
    return answer;
  } catch (error) {
    if (request.signal.aborted) throw error;
    connection.failed();
    throw new Unreachable(words.frame.unreachable);
  } finally {
    answered();
  }
}

export const api = createClient<paths>({ baseUrl: root, fetch: send });

/** The answer to a request. Throws Refused with the server's sentence, or Unreachable. */
export async function got<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw refusal(response, error);
  return data as T;
}

/** What a refused answer says; `body` is its JSON where it has any. */
export function refusal(response: Response, body: unknown): Refused {
  const problem = problemIn(body);
  const wait = Number(response.headers.get('retry-after') ?? NaN);
  return new Refused(
    problem.detail ?? words.frame.unexplained(response.status),
    response.status,
    problem.code ?? 'unknown',
    Number.isFinite(wait) ? wait : null,
  );
}

function problemIn(body: unknown): Partial<Wire<'Problem'>> {
  if (typeof body !== 'object' || body === null) return {};
  // The routes under /v1 refuse as OpenAI's do.
  const { error } = body as { error?: { message?: string; code?: string } };
  if (typeof error !== 'object') return body;
  return {
    ...(error.message && { detail: error.message }),
    ...(error.code && { code: error.code }),
  };
}

/** The sentence that tells people what went wrong. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

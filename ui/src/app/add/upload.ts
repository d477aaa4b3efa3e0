import { computed, signal } from '@angular/core';
import type { Wishes } from './choices';
import { Pace } from './pace';

/**
 * What an upload does: `joining` is sent and being put together; `offline` goes on by itself, `later` too when the
 * server has room; `unfinished` needs its
 * file again after a reload; `refused` says why in its sentence and can be tried again.
 */
export type UploadState =
  | 'waiting'
  | 'sending'
  | 'joining'
  | 'paused'
  | 'offline'
  | 'later'
  | 'unfinished'
  | 'refused'
  | 'done';

let last = 0;

/** One file on its way to the server. */
export class Upload {
  readonly key = ++last;
  readonly state = signal<UploadState>('waiting');
  /** Bytes that are on the server or on their way to it. */
  readonly sent = signal(0);
  /** Bytes per second; 0 while unknown. */
  readonly speed = signal(0);
  /** Why it waits or was refused. */
  readonly sentence = signal('');
  /** Whether a refused one may be sent again as it is. */
  readonly repeatable = signal(true);
  /** What it is called in the list: the recording's title, or the file's own name while nothing new was made of it. */
  readonly title = signal('');
  /** What it became. */
  readonly recording = signal<string | null>(null);
  /** Its latest job. */
  readonly job = signal<string | null>(null);
  /** An older recording with the same content; the same as `recording` where nothing new was made. */
  readonly older = signal<string | null>(null);
  /** The title of the recording that it is the same as; null where something new was made of it. */
  readonly sameAs = signal<string | null>(null);
  /** Nothing new was made of it, nor asked for. */
  readonly isTwin = computed(() => this.sameAs() !== null && !this.again());
  /** The older recording is transcribed once more. */
  readonly again = signal(false);
  readonly part = computed(() =>
    this.state() === 'done' ? 1 : this.sent() / Math.max(1, this.size),
  );

  /** Null after a reload, until it was chosen again. */
  file: File | null;
  handle: FileSystemFileHandle | null = null;
  saved: (() => void) | null = null;
  /** The server's id of an upload in parts. */
  uploadId: string | null = null;
  /** How often sending was begun, and how often in a row that brought nothing over. */
  attempts = 0;
  fruitless = 0;
  /** Stops what is being sent. */
  stop: AbortController | null = null;
  /** The same key gives the same recording, however often it is sent. */
  readonly idempotencyKey = randomKey();
  private readonly pace = new Pace();

  constructor(
    readonly name: string,
    readonly size: number,
    readonly wishes: Wishes,
    file: File | null,
  ) {
    this.file = file;
    this.title.set(wishes.title ?? name);
  }

  /** So many bytes are over. */
  note(sent: number): void {
    this.sent.set(Math.min(sent, this.size));
    this.pace.note(sent);
    this.speed.set(this.pace.rate());
  }

  /** Nothing moves now. */
  rest(state: UploadState, sentence = ''): void {
    this.pace.forget();
    this.speed.set(0);
    this.sentence.set(sentence);
    this.state.set(state);
  }
}

/** Also where there is no randomUUID: it needs https. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('');
}

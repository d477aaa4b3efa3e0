import { computed, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Refused, sentenceOf, Unreachable } from '../api/client';
import { connection } from '../api/connection';
import { Installation } from '../api/installation';
import { JobFeed } from '../api/job-feed';
import { Session } from '../api/session';
import { size } from '../format/amounts';
import { words } from '../words';
import type { Wishes } from './choices';
import { looksLikeRecording } from './found-files';
import { giveUp, sendFile, type Sent } from './sending';
import { findUnfinished, TabTalk } from './recovery';
import { Upload } from './upload';

/** A file to add, with a title of its own or a way to have it again. */
export interface Given {
  readonly file: File;
  readonly title?: string;
  readonly handle?: FileSystemFileHandle | undefined;
  /** Called once it is safely on the server. */
  readonly saved?: () => void;
}

/** Files on their way at the same time: with their parts and the job feed that is what one host allows a browser. */
const AT_ONCE = 2;
/** So often in a row the connection may break without a part having come over. */
const MOST_FRUITLESS = 5;
/** How long (ms) after the start to ask what this installation takes, so that it is known when files come. */
const WARM_UP = 2000;
/** The server says these when there is too much at once: it goes on by itself. */
const LATER: ReadonlySet<string> = new Set(['rate_limited', 'busy']);

/** Every file that is sent, was sent, or could not be: it goes on whatever page is shown. */
@Injectable({ providedIn: 'root' })
export class Uploads {
  private readonly installation = inject(Installation);
  private readonly feed = inject(JobFeed);
  private readonly session = inject(Session);
  private readonly all = signal<readonly Upload[]>([]);
  private readonly tabs = new TabTalk(
    () => this.moving().flatMap((one) => one.uploadId ?? []),
    (ids) => this.leaveTo(ids),
  );

  /** The newest last. */
  readonly list = this.all.asReadonly();
  /** Those that will be sent without anybody doing anything. */
  readonly moving = computed(() =>
    this.all().filter((one) =>
      ['waiting', 'sending', 'joining', 'offline', 'later'].includes(one.state()),
    ),
  );

  constructor() {
    effect(() => {
      const lost = connection.lost();
      const offline = connection.offline();
      untracked(() => {
        if (offline) this.haltAll('offline');
        if (!lost) this.goOnAll();
      });
    });
    effect(() => {
      const user = this.session.user();
      untracked(() => void (user ? this.recover(user.name) : this.leave()));
    });
    addEventListener('beforeunload', (event) => {
      if (this.moving().length > 0) event.preventDefault();
    });
  }

  /**
   * Send files with these wishes; a file that was begun before goes on where it was. From a folder only what looks
   * like a recording is taken; the answer says how many were passed over.
   */
  add(
    given: readonly (File | Given)[],
    wishes: Wishes,
    { fromFolder = false }: { fromFolder?: boolean } = {},
  ): number {
    const files = given.map((one) => (one instanceof File ? { file: one } : one));
    const wanted = fromFolder ? files.filter((one) => looksLikeRecording(one.file)) : files;
    const fresh = wanted.filter((one) => !this.continues(one.file));
    const added = fresh.map((one) => this.made(one, wishes));
    this.all.update((all) => [...all, ...added]);
    void this.refuseUnfit(added).then(() => this.pump());
    return files.length - wanted.length;
  }

  pause(upload: Upload): void {
    if (upload.stop) upload.stop.abort('paused');
    else upload.rest('paused');
  }

  /** Go on with what is paused, lost, or was refused. */
  resume(upload: Upload): void {
    upload.fruitless = 0;
    upload.rest('waiting');
    void this.refuseUnfit([upload]).then(() => this.pump());
  }

  /** Go on with an upload whose file was chosen again; throws a sentence where it is another file. */
  resumeWith(upload: Upload, file: File): void {
    if (!isOf(upload, file))
      throw new Error(words.add.faults.notTheSame(upload.name, size(upload.size)));
    upload.file = file;
    this.resume(upload);
  }

  /** Go on with a file that the browser can give again; it asks the person whether it may. */
  async resumeFromHandle(upload: Upload): Promise<void> {
    const handle = upload.handle as Permitted | null;
    if (handle === null) return;
    if ((await handle.requestPermission?.({ mode: 'read' })) === 'denied') return;
    this.resumeWith(upload, await handle.getFile());
  }

  /** Take an upload off the list; what is on the server of it is deleted. */
  async remove(upload: Upload): Promise<void> {
    this.all.update((all) => all.filter((one) => one !== upload));
    if (upload.stop) upload.stop.abort('cancelled');
    else if (upload.state() !== 'done') await this.discard(upload);
  }

  /** Take all that is done off the list. */
  clear(): void {
    this.all.update((all) => all.filter((one) => one.state() !== 'done'));
  }

  private async discard({ uploadId }: Upload): Promise<void> {
    if (uploadId === null) return;
    await giveUp(uploadId).catch((error: unknown) => {
      // It expires on the server by itself.
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    });
  }

  private made({ file, title, handle, saved }: Given, wishes: Wishes): Upload {
    const own = title === undefined ? wishes : { ...wishes, title };
    const upload = new Upload(file.name, file.size, own, file);
    upload.handle = handle ?? null;
    upload.saved = saved ?? null;
    return upload;
  }

  /** Whether this file belongs to an upload that was begun before; then it goes on. */
  private continues(file: File): boolean {
    const begun = this.all().find((one) => one.state() === 'unfinished' && isOf(one, file));
    if (begun) this.resumeWith(begun, file);
    return begun !== undefined;
  }

  /** What the server would refuse is refused before a byte is sent. */
  private async refuseUnfit(some: readonly Upload[]): Promise<void> {
    await this.installation.load();
    const most = this.installation.largest();
    for (const one of some) {
      if (one.size === 0) this.refuse(one, words.add.faults.empty);
      else if (one.size > most)
        this.refuse(one, words.add.faults.tooLarge(size(one.size), size(most)));
    }
  }

  /** It can only be another file. */
  private refuse(upload: Upload, sentence: string): void {
    upload.repeatable.set(false);
    upload.rest('refused', sentence);
  }

  /** Begin with as many as may be sent at the same time. */
  private pump(): void {
    const busy = this.all().filter((one) => one.stop !== null).length;
    const next = this.all().filter((one) => one.state() === 'waiting' && one.stop === null);
    for (const one of next.slice(0, Math.max(0, AT_ONCE - busy))) void this.send(one);
  }

  private async send(upload: Upload): Promise<void> {
    const stop = new AbortController();
    upload.stop = stop;
    upload.attempts++;
    upload.rest('sending');
    try {
      const owner = this.session.user()?.name ?? '';
      this.arrived(upload, await sendFile(upload, owner, stop.signal));
    } catch (error) {
      if (stop.signal.aborted) await this.halted(upload, stop.signal.reason);
      else await this.failed(upload, error);
    } finally {
      upload.stop = null;
      if (connection.lost()) this.pump();
      else this.goOnAll();
    }
  }

  private arrived(upload: Upload, { accepted, older }: Sent): void {
    const { id, title } = accepted.recording;
    if (older === id) upload.sameAs.set(title);
    else upload.title.set(title);
    upload.recording.set(id);
    upload.older.set(older);
    upload.job.set(accepted.job?.id ?? null);
    upload.rest('done');
    upload.file = null;
    upload.saved?.();
    if (accepted.job) this.feed.tell(accepted.job);
  }

  private async halted(upload: Upload, why: unknown): Promise<void> {
    if (why === 'cancelled') await this.discard(upload);
    else upload.rest(why === 'offline' ? 'offline' : 'paused');
  }

  private async failed(upload: Upload, error: unknown): Promise<void> {
    if (error instanceof Unreachable) {
      if (upload.file && !(await isStillThere(upload.file)))
        return this.refuse(upload, words.add.faults.changed);
      if (++upload.fruitless > MOST_FRUITLESS)
        return upload.rest('refused', words.add.faults.breaks);
      return upload.rest('offline');
    }
    if (error instanceof Refused && error.retryAfter !== null && LATER.has(error.code)) {
      upload.rest('later', error.message);
      setTimeout(() => {
        if (upload.state() === 'later') this.resume(upload);
      }, error.retryAfter * 1000);
      return;
    }
    upload.rest('refused', sentenceOf(error));
  }

  private haltAll(reason: 'offline'): void {
    for (const one of this.all()) one.stop?.abort(reason);
  }

  private goOnAll(): void {
    for (const one of this.all()) if (one.state() === 'offline') one.rest('waiting');
    this.pump();
  }

  /** List what earlier pages began and did not finish. */
  private async recover(owner: string): Promise<void> {
    // What the first page itself needs comes first.
    setTimeout(() => void this.installation.load(), WARM_UP);
    const found = await findUnfinished(owner);
    const known = new Set(this.all().map((one) => one.uploadId));
    const missing = found.filter((one) => !known.has(one.uploadId));
    this.all.update((all) => [...missing, ...all]);
    if (missing.length > 0) this.tabs.ask();
  }

  /** Another tab sends these. */
  private leaveTo(ids: readonly string[]): void {
    this.all.update((all) =>
      all.filter((one) => one.state() !== 'unfinished' || !ids.includes(one.uploadId ?? '')),
    );
  }

  /** Nobody is signed in any more. */
  private leave(): void {
    for (const one of this.all()) one.stop?.abort('cancelled');
    this.all.set([]);
  }
}

function isOf(upload: Upload, file: File): boolean {
  return upload.name === file.name && upload.size === file.size;
}

/** Browsers cannot say why a transfer broke off: a file that has changed looks like a lost connection. */
async function isStillThere(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

interface Permitted extends FileSystemFileHandle {
  requestPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>;
}

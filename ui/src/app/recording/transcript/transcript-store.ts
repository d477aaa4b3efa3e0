import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import {
  addressOf,
  api,
  got,
  Refused,
  refusal,
  send,
  Unreachable,
  type Wire,
} from '../../api/client';
import { connection } from '../../api/connection';
import { Session } from '../../api/session';
import { Notices } from '../../frame/notices';
import { words } from '../../words';
import { doubtfulWords } from './doubts';
import { type History, remembered, spared, without } from './history';
import { Keeping } from './keeping';
import { type Segment, segmentOf, type Transcript, type WordPlace } from './model';
import { type Operation, predicted, putBack } from './operations';
import {
  type Change,
  changeOf,
  changeOfDraft,
  type Clash,
  clashOf,
  type Draft,
  isTakenBack,
  sifted,
  withOwn,
} from './pending';
import { type Sender, Unsent } from './unsent';

/**
 * The transcript of one recording: shown as it will be, and saved one change after the other.
 *
 * A change is made in the page at once, kept in the tab until the server has it, and sent with If-Match. Where
 * somebody else was quicker it is made again on theirs, unless both changed the same segment: then a person chooses.
 */
@Injectable()
export class TranscriptStore implements Sender {
  private readonly notices = inject(Notices);
  private readonly session = inject(Session);
  private readonly unsent = inject(Unsent);
  private readonly cut = new AbortController();
  private recording = '';
  private etag = '';
  /** The transcript as the server has it. */
  private readonly confirmed = signal<Transcript | null>(null);
  private readonly pending = signal<readonly Change[]>([]);
  private readonly history = signal<History>({ undos: [], redos: [] });
  /** What is shown, and what can be undone and done again, once all that is pending is made. */
  private readonly ahead = computed(() => {
    let [transcript, history] = [this.confirmed(), this.history()];
    if (!transcript) return { transcript, history };
    for (const change of this.pending()) {
      const after = predicted(transcript, change.operations);
      history = remembered(history, change, transcript, after);
      transcript = after;
    }
    return { transcript, history };
  });
  private readonly clashes = signal<readonly Clash[]>([]);
  private draft: Draft | null = null;
  private keeping = new Keeping('', '');
  private sending: Promise<void> | null = null;
  private isLeft = false;
  /** Takes back what offers to undo the last change. */
  private withdraw = (): void => undefined;

  /** The transcript with all changes made so far; null where there is none (yet). */
  readonly transcript = computed(() => this.ahead().transcript);
  readonly saved = computed<'saved' | 'saving' | 'offline' | 'conflict' | 'trash'>(() => {
    if (this.clashes().length) return 'conflict';
    if (!this.pending().length) return 'saved';
    if (this.inTrash()) return 'trash';
    return connection.lost() ? 'offline' : 'saving';
  });
  readonly canUndo = computed(() => this.ahead().history.undos.length > 0);
  readonly canRedo = computed(() => this.ahead().history.redos.length > 0);
  /** What has to be decided next; null while nothing has. */
  readonly clash = computed(() => this.clashes()[0] ?? null);
  /** The confidence below which a word is doubtful until somebody has checked it. */
  readonly doubtfulBelow = signal(0.5);
  readonly doubtful = computed<readonly WordPlace[]>(() =>
    doubtfulWords(this.transcript(), this.doubtfulBelow()),
  );
  /** The recording is in the trash: what is changed is kept until it has been brought back. */
  readonly inTrash = signal(false);
  /** The recording has been brought back, or is gone for good: what was kept is sent. */
  goOn = (): void => undefined;
  /** Somebody goes through the doubtful words. */
  readonly reviewing = signal(false);
  /** Somebody looks for something in the text. */
  readonly finding = signal(false);

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      this.withdraw();
      this.isLeft = true;
      this.rest();
    });
  }

  /** Read a recording's transcript; what this tab had not sent yet follows. Throws Refused and Unreachable. */
  async load(recordingId: string): Promise<void> {
    this.recording = recordingId;
    this.keeping = new Keeping(this.session.user()?.id ?? '', recordingId);
    void this.learnBound();
    await this.fetch();
    const now = this.confirmed();
    if (this.isLeft || !now) return;
    this.unsent.take(recordingId, this);
    this.resume(now);
  }

  /** Read the transcript again, as after another version was restored. */
  async reload(): Promise<void> {
    await this.sending;
    const before = this.confirmed();
    await this.fetch();
    this.settle(before);
    await this.flush();
  }

  /** Read it again where it is not this version (id) any more, as when another tab has changed it. */
  async follow(version: string): Promise<void> {
    await this.sending;
    if (this.confirmed() && !this.etag.includes(version)) await this.reload();
  }

  /**
   * Make changes, all or none, which the page shows at once; `words` name them for undo.
   * Changes with the same `sitting` one after the other are undone together.
   */
  apply(
    operations: readonly Operation[],
    words: string,
    sitting: string | null = null,
  ): Promise<void> {
    const now = this.transcript();
    if (!now || !operations.length) return Promise.resolve();
    return this.enqueue(changeOf(now, operations, words, { sitting }));
  }

  /** Say what the last change did, with a button that takes it back until something else is changed. */
  offerUndo(text: string): void {
    this.withdraw = this.notices.say(text, {
      name: words.frame.undo,
      act: () => this.undo(),
    });
  }

  /** Take the last change back exactly, and say what it was; does nothing where there is none. */
  undo(): void {
    this.take('undo', words.editing.undone);
  }

  /** Make the change again that was taken back last, and say what it was. */
  redo(): void {
    this.take('redo', words.editing.redone);
  }

  /** Keep what somebody types, so that a reload does not lose it; null once it is saved or given up. */
  keepDraft(draft: Draft | null): void {
    this.draft = draft;
    this.keeping.draft.put(draft);
  }

  /** Keep what somebody writes to decide a clash, so that a reload does not lose it. */
  keepDecision(text: string): void {
    const [clash, ...rest] = this.clashes();
    if (clash) this.keeping.clashes.put([{ ...clash, mine: { ...clash.mine, text } }, ...rest]);
  }

  /** Let a person choose between what was written into a passage, as they knew it, and what stands there now. */
  dispute(segment: Segment, text: string): void {
    this.tellOf(changeOfDraft({ segment, text }, [], words.editing.did.edited));
  }

  /** Decide a clash: write this text where it was, or (null) leave what stands there. */
  async decide(text: string | null): Promise<void> {
    const [clash, ...rest] = this.clashes();
    if (!clash) return;
    this.ask(rest);
    if (text === null) return this.flush();
    const { segment } = clash.mine;
    const operations: Operation[] = [{ op: 'edit_segment', id: segment.id, text }];
    // A segment that others have taken out comes back with what was written in it.
    if (!this.transcript()?.segments.some((one) => one.id === segment.id))
      operations.unshift({ op: 'put_back', ids: [], segments: [segment] });
    await this.apply(operations, words.editing.did.edited);
  }

  hasUnsent(): boolean {
    const isTyped = this.draft !== null && this.draft.text !== this.draft.segment.text;
    return isTyped || this.pending().length > 0 || this.clashes().length > 0;
  }

  retire(): void {
    this.cut.abort();
  }

  private async learnBound(): Promise<void> {
    // Without an answer the usual bound holds.
    const info = await got(api.GET('/api/v1/info')).catch(() => null);
    if (info) this.doubtfulBelow.set(info.doubtful_below);
  }

  private async fetch(): Promise<void> {
    const path = `/api/v1/recordings/${encodeURIComponent(this.recording)}/transcript`;
    const answer = await send(new Request(addressOf(path), { cache: 'no-store' }));
    const body: unknown = await answer.json().catch(() => null);
    if (!answer.ok && answer.status !== 404) throw refusal(answer, body);
    this.confirmed.set(answer.ok ? (body as Transcript) : null);
    this.etag = answer.headers.get('etag') ?? '';
  }

  /** Go on with what this tab had not sent when it was closed or loaded again. */
  private resume(now: Transcript): void {
    const draft = this.keeping.draft.read();
    const changes = [...(this.keeping.changes.read() ?? [])];
    if (draft && draft.text !== draft.segment.text)
      changes.push(changeOfDraft(draft, now.speakers, words.editing.did.edited));
    this.keeping.draft.put(null);
    const undecided = (this.keeping.clashes.read() ?? []).map((one) => ({
      ...one,
      theirs: segmentOf(now, one.mine.segment.id) ?? null,
    }));
    this.ask(undecided.filter((one) => one.theirs?.text !== one.mine.text));
    if (!changes.length) return;
    this.queue(changes);
    this.settle(null);
    void this.flush();
    this.notices.say(words.editing.resumed);
  }

  private enqueue(change: Change): Promise<void> {
    this.withdraw();
    this.queue([...this.pending(), change]);
    return this.flush();
  }

  private queue(changes: readonly Change[]): void {
    this.pending.set(changes);
    if (!this.cut.signal.aborted) this.keeping.changes.put(changes.length ? changes : null);
  }

  private ask(clashes: readonly Clash[]): void {
    this.clashes.set(clashes);
    if (!this.cut.signal.aborted) this.keeping.clashes.put(clashes.length ? clashes : null);
  }

  private flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
      this.rest();
    });
    return this.sending;
  }

  /** Once its page is left and all is sent, nobody needs this any more. */
  private rest(): void {
    if (this.isLeft && !this.hasUnsent()) this.unsent.drop(this.recording, this);
  }

  private async sendAll(): Promise<void> {
    while (!this.cut.signal.aborted) {
      const change = this.next();
      if (!change) return;
      try {
        await this.sendOne(change);
      } catch (error) {
        if (!this.cut.signal.aborted) await this.overcome(change, error);
      }
    }
  }

  /** The change to be sent; what takes another back, or makes it again, does so exactly now that that is made. */
  private next(): Change | null {
    const [change, ...rest] = this.pending();
    const now = this.confirmed();
    if (!change || !now || change.sent || change.kind === 'do') return change ?? null;
    const { kind } = change;
    const entry = this.history()[`${kind}s`].find((one) => one.of === change.target);
    if (!entry) return change;
    const exact = changeOf(now, [entry[kind]], change.words, change);
    this.queue([exact, ...rest]);
    return exact;
  }

  private async sendOne(change: Change): Promise<void> {
    change.sent = true;
    this.queue(this.pending());
    const answer = await got(
      api.PATCH('/api/v1/recordings/{recording_id}/transcript', {
        params: { path: { recording_id: this.recording }, header: { 'if-match': this.etag } },
        body: {
          operations: change.operations as unknown as Record<string, unknown>[],
          note: '',
          continues: true,
        },
        signal: this.cut.signal,
      }),
    );
    if (!this.cut.signal.aborted) this.accept(change, answer);
  }

  /** A change is made: it leaves the queue and goes into the history. */
  private accept(change: Change, answer: Wire<'EditedModel'>): void {
    const before = this.confirmed();
    if (!before) return;
    const segments = answer.segments as unknown as Segment[];
    const there = new Set(before.segments.map((one) => one.id));
    const gone = [
      ...answer.removed,
      ...segments.map((one) => one.id).filter((id) => there.has(id)),
    ];
    const speakers = answer.speakers as unknown as Transcript['speakers'];
    const after = { ...putBack(before, gone, segments), speakers };
    this.confirmed.set(after);
    this.etag = `"${answer.id}"`;
    this.history.update((all) => remembered(all, change, before, after));
    this.queue(this.pending().filter((one) => one !== change));
  }

  private take(kind: 'undo' | 'redo', says: (what: string) => string): void {
    const { transcript, history } = this.ahead();
    const last = history[`${kind}s`].at(-1);
    if (!last || !transcript) return;
    const change = changeOf(transcript, [last[kind]], last.words, { kind, target: last.of });
    void this.enqueue(change);
    this.notices.say(says(last.words));
  }

  /** What to do about a change that was not taken. */
  private async overcome(change: Change, error: unknown): Promise<void> {
    if (error instanceof Unreachable) {
      await connection.back();
    } else if (error instanceof Refused && error.code === 'in_trash') {
      this.inTrash.set(true);
      await new Promise<void>((resolve) => (this.goOn = resolve));
      this.inTrash.set(false);
    } else if (error instanceof Refused && error.status === 412) {
      const before = this.confirmed();
      await this.fetch().catch(() => connection.back());
      this.settle(before);
    } else if (error instanceof Refused && (error.status === 429 || error.status >= 502)) {
      await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? 2) * 1000));
    } else {
      this.refuse(change, error);
    }
  }

  /** The server will never take this: what was typed is shown, and nothing else is lost with it. */
  private refuse(change: Change, error: unknown): void {
    const queue = this.pending();
    this.queue(queue.filter((one) => one !== change && one.target !== change.id));
    this.history.update((all) => without(all, (one) => one.of === change.target));
    if (isTakenBack(change, queue)) return;
    const why = error instanceof Error ? error.message : String(error);
    const erased = error instanceof Refused && error.status === 404;
    if (!this.clashOver(change, { why, erased })) this.notices.fail(error);
  }

  /** Look at each change in the queue in the light of a transcript that others have changed. */
  private settle(before: Transcript | null): void {
    const now = this.confirmed();
    if (!now) return;
    const { left, made, lost } = sifted(this.pending(), now);
    let known = before ?? now;
    for (const change of made) {
      // The server had it although its answer never came.
      const after = withOwn(change, known, now);
      this.history.set(remembered(this.history(), change, known, after));
      known = after;
    }
    for (const change of lost) this.tellOf(change);
    this.history.update((all) => spared(all, known, now));
    this.queue(left);
  }

  /** A change cannot be made any more, because somebody else was quicker. */
  private tellOf(change: Change): void {
    if (!this.clashOver(change, { why: null, erased: false }))
      this.notices.say(words.editing.overtaken(change.words));
  }

  /** What was typed in a change is to be decided on; false where nothing was typed. */
  private clashOver(change: Change, why: Pick<Clash, 'why' | 'erased'>): boolean {
    const clash = clashOf(change, this.confirmed(), why);
    if (!clash) return false;
    // Of one passage the last text is the one that was meant.
    const others = this.clashes().filter((one) => one.mine.segment.id !== clash.mine.segment.id);
    this.ask([...others, clash]);
    return true;
  }
}

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
import { Notices } from '../../frame/notices';
import { words } from '../../words';
import { differing, type Entry, entry, reach, sameSpeakers, together } from './history';
import { type Segment, segmentOf, type Transcript, type WordPlace } from './model';
import { type Operation, predicted, putBack } from './operations';
import {
  type Change,
  changeOf,
  changeOfDraft,
  type Draft,
  Drawer,
  fateOf,
  idsMadeBy,
} from './pending';

export type { Segment, Speaker, Transcript, Word, WordPlace } from './model';
export type { Operation } from './operations';

/** Two texts of which one has to be chosen; `theirs` is null where the segment is gone. */
export interface Clash {
  readonly mine: { readonly segment: Segment; readonly text: string };
  readonly theirs: Segment | null;
  /** Why the server did not take ours; null where somebody else was quicker. */
  readonly why: string | null;
}

/** What is remembered to be undone. */
const LONGEST_HISTORY = 200;

/**
 * The transcript of one recording: shown as it will be, and saved one change after the other.
 *
 * A change is made in the page at once, kept in the tab until the server has it, and sent with If-Match. Where
 * somebody else was quicker it is made again on theirs, unless both changed the same segment: then a person chooses.
 */
@Injectable()
export class TranscriptStore {
  private readonly notices = inject(Notices);
  private recording = '';
  private etag = '';
  /** The transcript as the server has it. */
  private confirmed: Transcript | null = null;
  private readonly pending = signal<readonly Change[]>([]);
  private readonly shown = signal<Transcript | null>(null);
  private readonly offline = signal(false);
  private readonly undos = signal<readonly Entry[]>([]);
  private readonly redos = signal<readonly Entry[]>([]);
  private readonly clashes = signal<readonly Clash[]>([]);
  private drafts = new Drawer<Draft>('draft', '');
  private kept = new Drawer<readonly Change[]>('changes', '');
  private sending: Promise<void> | null = null;
  /** Takes back what offers to undo the last change. */
  private withdraw = (): void => undefined;

  /** The transcript with all changes made so far; null where there is none (yet). */
  readonly transcript = this.shown.asReadonly();
  readonly saved = computed<'saved' | 'saving' | 'offline' | 'conflict'>(() => {
    if (this.clashes().length) return 'conflict';
    if (!this.pending().length) return 'saved';
    return this.offline() ? 'offline' : 'saving';
  });
  readonly canUndo = computed(() => this.undos().length > 0);
  readonly canRedo = computed(() => this.redos().length > 0);
  /** What has to be decided next; null while nothing has. */
  readonly clash = computed(() => this.clashes()[0] ?? null);
  /** The confidence below which a word is doubtful until somebody has checked it. */
  readonly doubtfulBelow = signal(0.5);
  readonly doubtful = computed<readonly WordPlace[]>(() => {
    const below = this.doubtfulBelow();
    return (this.shown()?.segments ?? []).flatMap((segment) =>
      segment.words.flatMap((word, n) =>
        (word.confidence ?? 1) < below && !word.checked ? [{ segment: segment.id, word: n }] : [],
      ),
    );
  });
  /** Somebody goes through the doubtful words. */
  readonly reviewing = signal(false);
  /** Somebody looks for something in the text. */
  readonly finding = signal(false);

  constructor() {
    inject(DestroyRef).onDestroy(() => this.withdraw());
  }

  /** Read a recording's transcript; what this tab had not sent yet follows. Throws Refused and Unreachable. */
  async load(recordingId: string): Promise<void> {
    this.recording = recordingId;
    this.drafts = new Drawer('draft', recordingId);
    this.kept = new Drawer('changes', recordingId);
    for (const list of [this.pending, this.undos, this.redos, this.clashes]) list.set([]);
    this.reviewing.set(false);
    this.finding.set(false);
    void this.learnBound();
    await this.fetch();
    if (this.confirmed) this.resume(this.confirmed);
  }

  /** Read the transcript again, as after another version was restored. */
  async reload(): Promise<void> {
    await this.sending;
    const before = this.confirmed;
    await this.fetch();
    this.settle(before);
    await this.flush();
  }

  /**
   * Make changes, all or none; `words` name them for undo.
   *
   * The page shows them at once. Changes with the same `sitting` one after the other are undone together.
   */
  apply(
    operations: readonly Operation[],
    words: string,
    sitting: string | null = null,
  ): Promise<void> {
    const now = this.shown();
    if (!now || !operations.length) return Promise.resolve();
    return this.enqueue(changeOf(now, operations, words, { sitting }));
  }

  /** Say what the last change did, with a button that takes it back until something else is changed. */
  offerUndo(text: string): void {
    this.withdraw = this.notices.say(text, {
      name: words.frame.undo,
      act: () => void this.undo(),
    });
  }

  /** Take the last change back exactly; answers what it was, null where there is none. */
  async undo(): Promise<string | null> {
    await this.sending;
    return this.take(this.undos, 'undo');
  }

  /** Make the change again that was taken back last. */
  async redo(): Promise<string | null> {
    await this.sending;
    return this.take(this.redos, 'redo');
  }

  /** Keep what somebody types, so that a reload does not lose it; null once it is saved or given up. */
  keepDraft(draft: Draft | null): void {
    this.drafts.put(draft);
  }

  /** Decide a clash: write this text where it was, or (null) leave what stands there. */
  async decide(text: string | null): Promise<void> {
    const [clash, ...rest] = this.clashes();
    if (!clash) return;
    this.clashes.set(rest);
    if (text === null) return this.flush();
    const { segment } = clash.mine;
    const now = this.shown();
    const operations: Operation[] = [{ op: 'edit_segment', id: segment.id, text }];
    // A segment that others have taken out comes back with what was written in it.
    if (now && !segmentOf(now, segment.id))
      operations.unshift({ op: 'put_back', ids: [], segments: [segment] });
    await this.apply(operations, words.editing.did.edited);
  }

  private async learnBound(): Promise<void> {
    try {
      this.doubtfulBelow.set((await got(api.GET('/api/v1/info'))).doubtful_below);
    } catch {
      // The usual bound holds.
    }
  }

  private async fetch(): Promise<void> {
    const path = `/api/v1/recordings/${encodeURIComponent(this.recording)}/transcript`;
    const answer = await send(new Request(addressOf(path), { cache: 'no-store' }));
    const body: unknown = await answer.json().catch(() => null);
    const isThere = answer.ok;
    if (!isThere && answer.status !== 404) throw refusal(answer, body);
    this.confirmed = isThere ? (body as Transcript) : null;
    this.etag = answer.headers.get('etag') ?? '';
    this.show();
  }

  /** Go on with what this tab had not sent when it was closed or loaded again. */
  private resume(now: Transcript): void {
    const draft = this.drafts.read();
    const changes = [...(this.kept.read() ?? [])];
    if (draft && draft.text !== draft.segment.text)
      changes.push(changeOfDraft(draft, now.speakers, words.editing.did.edited));
    this.drafts.put(null);
    if (!changes.length) return;
    this.pending.set(changes);
    this.settle(null);
    void this.flush();
    this.notices.say(words.editing.resumed);
  }

  private enqueue(change: Change): Promise<void> {
    this.withdraw();
    this.pending.update((all) => [...all, change]);
    this.keepPending();
    this.show();
    return this.flush();
  }

  private keepPending(): void {
    this.kept.put(this.pending().length ? this.pending() : null);
  }

  private show(): void {
    const operations = this.pending().flatMap((one) => one.operations);
    this.shown.set(this.confirmed && predicted(this.confirmed, operations));
  }

  private flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    const recording = this.recording;
    for (;;) {
      const change = this.pending()[0];
      if (!change || recording !== this.recording) return;
      try {
        await this.sendOne(change);
        this.offline.set(false);
      } catch (error) {
        if (recording !== this.recording) return;
        await this.overcome(change, error);
      }
    }
  }

  private async sendOne(change: Change): Promise<void> {
    change.sent = true;
    this.keepPending();
    const recording = this.recording;
    const answer = await got(
      api.PATCH('/api/v1/recordings/{recording_id}/transcript', {
        params: { path: { recording_id: recording }, header: { 'if-match': this.etag } },
        body: {
          operations: change.operations as unknown as Record<string, unknown>[],
          note: '',
          continues: true,
        },
      }),
    );
    if (recording === this.recording) this.accept(change, answer);
  }

  private accept(change: Change, answer: Wire<'EditedModel'>): void {
    const before = this.confirmed;
    if (!before) return;
    const segments = answer.segments as unknown as Segment[];
    const there = new Set(before.segments.map((one) => one.id));
    const gone = [
      ...answer.removed,
      ...segments.map((one) => one.id).filter((id) => there.has(id)),
    ];
    const speakers = answer.speakers as unknown as Transcript['speakers'];
    this.confirmed = { ...putBack(before, gone, segments), speakers };
    this.etag = `"${answer.id}"`;
    this.finish(change, before, this.confirmed);
  }

  /** A change is made: it leaves the queue and goes into the history. */
  private finish(change: Change, before: Transcript, after: Transcript): void {
    this.pending.update((all) => all.filter((one) => one !== change));
    this.keepPending();
    const made = entry(before, after, change.words, change.sitting);
    if (made) this.remember(made, change.kind);
    this.show();
  }

  private remember(made: Entry, kind: Change['kind']): void {
    if (kind === 'undo') {
      const turned = { ...made, undo: made.redo, redo: made.undo };
      this.redos.update((all) => [...all, turned]);
      return;
    }
    if (kind === 'do') this.redos.set([]);
    this.undos.update((all) => {
      const last = all.at(-1);
      const continues = last && made.sitting !== null && last.sitting === made.sitting;
      const list = continues ? [...all.slice(0, -1), together(last, made)] : [...all, made];
      return list.slice(-LONGEST_HISTORY);
    });
  }

  private async take(list: typeof this.undos, kind: 'undo' | 'redo'): Promise<string | null> {
    const [last, now] = [list().at(-1), this.shown()];
    if (!last || !now) return null;
    list.update((all) => all.slice(0, -1));
    await this.enqueue(changeOf(now, [last[kind]], last.words, { kind }));
    return last.words;
  }

  /** What to do about a change that was not taken. */
  private async overcome(change: Change, error: unknown): Promise<void> {
    if (error instanceof Unreachable) {
      this.offline.set(true);
      await connection.back();
    } else if (error instanceof Refused && error.status === 412) {
      const before = this.confirmed;
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
    this.pending.update((all) => all.filter((one) => one !== change));
    this.keepPending();
    this.show();
    const why = error instanceof Error ? error.message : String(error);
    if (!this.clashOver(change, why)) this.notices.fail(error);
  }

  /** Look at each change in the queue in the light of a transcript that others have changed. */
  private settle(before: Transcript | null): void {
    const now = this.confirmed;
    if (!now) return;
    let [known, reached, left] = [before ?? now, now, [] as Change[]];
    for (const change of this.pending()) {
      const fate = fateOf(change, reached);
      if (fate === 'holds') {
        left = [...left, change];
        reached = predicted(reached, change.operations);
      } else if (fate === 'made') {
        known = this.recognize(change, known, now);
      } else if (!this.clashOver(change, null)) {
        this.notices.say(words.editing.overtaken(change.words));
      }
    }
    this.forget(known, now);
    this.pending.set(left);
    this.keepPending();
    this.show();
  }

  /** The server had a change although its answer never came: it goes into the history. */
  private recognize(change: Change, before: Transcript, now: Transcript): Transcript {
    const ids = new Set([...change.ids, ...idsMadeBy(change)]);
    const own = (all: Transcript) => all.segments.filter((one) => ids.has(one.id));
    const gone = own(before).map((one) => one.id);
    const after = putBack(before, gone, own(now), now.speakers);
    const made = entry(before, after, change.words, change.sitting);
    if (made) this.remember(made, change.kind);
    return after;
  }

  /** What was typed in a change is to be decided on; false where nothing was typed. */
  private clashOver(change: Change, why: string | null): boolean {
    const typed = change.operations.findLast(
      (one) => one.op === 'edit_segment' && one.text !== undefined,
    );
    const segment = typed?.op === 'edit_segment' && change.base.find((one) => one.id === typed.id);
    if (!segment || typed.text === undefined) return false;
    const theirs = (this.confirmed && segmentOf(this.confirmed, segment.id)) ?? null;
    const clash = { mine: { segment, text: typed.text }, theirs, why };
    // Of one passage the last text is the one that was meant.
    this.clashes.update((all) => [
      ...all.filter((one) => one.mine.segment.id !== segment.id),
      clash,
    ]);
    return true;
  }

  /** Undo and redo leave alone what somebody else has changed since. */
  private forget(before: Transcript, now: Transcript): void {
    const other = differing(before, now);
    const names = !sameSpeakers(before.speakers, now.speakers);
    const stays = (one: Entry) =>
      !(names && one.undo.speakers) && [...reach(one)].every((id) => !other.has(id));
    for (const list of [this.undos, this.redos]) list.update((all) => all.filter(stays));
  }
}

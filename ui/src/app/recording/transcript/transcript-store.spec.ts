import { TestBed } from '@angular/core/testing';
import type { Segment, Transcript } from './model';
import { type Operation, predicted } from './operations';
import { TranscriptStore } from './transcript-store';

const segment = (id: number, text: string): Segment => ({
  id,
  start: id * 10,
  end: id * 10 + 8,
  text,
  speaker: null,
  confidence: 0.9,
  no_speech_probability: 0,
  flags: [],
  words: [],
});

const conversation = (...said: readonly string[]) =>
  ({
    language: 'en',
    duration: 100,
    segments: said.map((text, id) => segment(id, text)),
    speakers: [],
  }) as unknown as Transcript;

const edit = (id: number, text: string): Operation[] => [{ op: 'edit_segment', id, text }];
const problem = { code: 'not_found', detail: 'There is no such recording.' };

/** A server with one transcript; it can be out of reach, changed by others, or without the recording. */
class Server {
  transcript = conversation('one', 'two', 'three');
  version = 1;
  isReached = true;
  isErased = false;
  /** A promise that every change waits for. */
  gate = Promise.resolve();
  patches = 0;

  readonly fetch = async (input: Request | URL): Promise<Response> => {
    const request = input instanceof Request ? input : new Request(input);
    const path = new URL(request.url).pathname;
    if (!this.isReached) throw new TypeError('Failed to fetch');
    if (path.endsWith('/info')) return Response.json({ doubtful_below: 0.5 });
    if (!path.endsWith('/transcript')) return Response.json({});
    if (this.isErased) return Response.json(problem, { status: 404 });
    if (request.method === 'GET')
      return Response.json(this.transcript, { headers: { etag: `"${this.version}"` } });
    const { operations } = (await request.json()) as Change;
    await this.gate;
    if (request.headers.get('if-match') !== `"${this.version}"`)
      return Response.json({ code: 'changed' }, { status: 412 });
    this.patches += 1;
    return Response.json(this.change(operations));
  };

  texts(): readonly string[] {
    return this.transcript.segments.map((one) => one.text);
  }

  change(operations: readonly Operation[]): object {
    const before = this.transcript;
    this.transcript = predicted(before, operations);
    this.version += 1;
    const { segments, speakers } = this.transcript;
    return {
      id: String(this.version),
      removed: before.segments.map((one) => one.id),
      segments,
      speakers,
    };
  }
}

interface Change {
  readonly operations: readonly Operation[];
}

describe('the transcript of a recording', () => {
  let server: Server;
  const texts = (store: TranscriptStore) => store.transcript()?.segments.map((one) => one.text);
  /** A page of the recording, as one that is opened or loaded again has it. */
  const open = async () => {
    TestBed.resetTestingModule();
    TestBed.configureTestingModule({ providers: [TranscriptStore] });
    const store = TestBed.inject(TranscriptStore);
    await store.load('talk');
    return store;
  };
  const isSaved = (store: TranscriptStore) =>
    vi.waitFor(() => expect(store.saved()).toBe('saved'), { timeout: 10_000 });
  /** Let no change through until the answer is called. */
  const hold = () => {
    let release: () => void = () => undefined;
    server.gate = new Promise((resolve) => (release = resolve));
    return () => release();
  };

  beforeEach(() => {
    sessionStorage.clear();
    server = new Server();
    vi.stubGlobal('fetch', server.fetch);
  });

  afterEach(() => vi.unstubAllGlobals());

  it('undoes, redoes and undoes one step, however fast', async () => {
    const store = await open();
    await store.apply(edit(1, 'first'), 'text changed');
    const release = hold();
    void store.apply(edit(1, 'second'), 'text changed');
    store.undo();
    expect(texts(store)).toEqual(['one', 'first', 'three']);
    store.redo();
    expect(texts(store)).toEqual(['one', 'second', 'three']);
    store.undo();
    expect(texts(store)).toEqual(['one', 'first', 'three']);
    release();
    await isSaved(store);
    expect(server.texts()).toEqual(['one', 'first', 'three']);
    store.undo();
    await isSaved(store);
    expect(server.texts()).toEqual(['one', 'two', 'three']);
    expect(store.canUndo()).toBe(false);
    store.redo();
    store.redo();
    await isSaved(store);
    expect(server.texts()).toEqual(['one', 'second', 'three']);
    expect(store.canRedo()).toBe(false);
  });

  it('takes back at once what the server could not be told', async () => {
    const store = await open();
    server.isReached = false;
    void store.apply(edit(1, 'offline'), 'text changed');
    await vi.waitFor(() => expect(store.saved()).toBe('offline'));
    store.undo();
    expect(texts(store)).toEqual(['one', 'two', 'three']);
    server.isReached = true;
    await isSaved(store);
    expect(server.texts()).toEqual(['one', 'two', 'three']);
  });

  it('asks nobody about a text that its author has taken back', async () => {
    const store = await open();
    const release = hold();
    void store.apply(edit(1, 'mine'), 'text changed');
    store.undo();
    server.change(edit(1, 'theirs'));
    release();
    await isSaved(store);
    expect(store.clash()).toBeNull();
    expect(texts(store)).toEqual(['one', 'theirs', 'three']);
  });

  it('has what is to be decided on also after a reload, as it was written last', async () => {
    const store = await open();
    server.change(edit(1, 'theirs'));
    await store.apply(edit(1, 'mine'), 'text changed');
    expect(store.clash()?.mine.text).toBe('mine');
    store.keepDecision('ours');
    const again = await open();
    expect(again.clash()?.mine.text).toBe('ours');
    expect(again.clash()?.theirs?.text).toBe('theirs');
    await again.decide('ours');
    expect(server.texts()).toEqual(['one', 'ours', 'three']);
    expect((await open()).clash()).toBeNull();
  });

  it('says that nothing can be saved where the recording was erased', async () => {
    const store = await open();
    server.isErased = true;
    await store.apply(edit(1, 'mine'), 'text changed');
    expect(store.clash()?.erased).toBe(true);
    expect(store.clash()?.why).toBe('There is no such recording.');
    await store.decide(null);
    expect(store.hasUnsent()).toBe(false);
  });

  it('sends what was not sent before its page was loaded again, once', async () => {
    const first = await open();
    const release = hold();
    void first.apply(edit(0, 'eins'), 'text changed');
    void first.apply(edit(1, 'zwei'), 'text changed');
    expect(first.hasUnsent()).toBe(true);
    first.retire();
    const second = await open();
    expect(texts(second)).toEqual(['eins', 'zwei', 'three']);
    release();
    await isSaved(second);
    expect(server.texts()).toEqual(['eins', 'zwei', 'three']);
    expect(server.patches).toBe(2);
  });
});

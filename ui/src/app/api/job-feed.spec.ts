import { type Job, JobFeed } from './job-feed';

/** The stream of a server, as far as a page can tell. */
class Stream extends EventTarget {
  static readonly opened: Stream[] = [];
  constructor() {
    super();
    Stream.opened.push(this);
  }
  close(): void {
    // Nothing comes from it any more.
  }
  say(job: Partial<Job>): void {
    this.dispatchEvent(new MessageEvent('job', { data: JSON.stringify(job) }));
  }
}

const job = (id: string, state: string, version = 1) => ({ id, state, version }) as unknown as Job;
const problem = { status: 404, code: 'not_found', detail: 'There is no such job.' };

describe('the feed of jobs', () => {
  const answers = new Map<string, Response>();

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Stream);
    vi.stubGlobal('fetch', (request: Request) =>
      Promise.resolve(answers.get(new URL(request.url).pathname.split('/').at(-1) ?? '')?.clone()),
    );
    answers.set('me', Response.json({}));
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('knows after a lost connection what has ended, and forgets what was deleted', async () => {
    const feed = new JobFeed();
    feed.open();
    const first = Stream.opened.at(-1);
    for (const id of ['ended', 'deleted', 'unknown']) first?.say(job(id, 'running'));
    expect(feed.running()).toHaveLength(3);

    answers.set('ended', Response.json(job('ended', 'done', 2)));
    answers.set('deleted', Response.json(problem, { status: 404 }));
    answers.set('unknown', Response.json({}, { status: 503 }));
    first?.dispatchEvent(new Event('error'));
    await vi.advanceTimersByTimeAsync(10_000);
    const second = Stream.opened.at(-1);
    expect(second).not.toBe(first);
    second?.dispatchEvent(new Event('open'));
    await vi.advanceTimersByTimeAsync(100);

    expect(feed.jobs().map((one) => [one.id, one.state])).toEqual([
      ['ended', 'done'],
      ['unknown', 'running'],
    ]);
    feed.close();
  });

  it('does not take a state that comes late for news', () => {
    const feed = new JobFeed();
    const told: string[] = [];
    feed.listen((one) => told.push(one.state));
    feed.open();
    feed.tell(job('mine', 'running', 2));
    Stream.opened.at(-1)?.say(job('mine', 'done', 3));
    feed.tell(job('mine', 'queued', 1));
    feed.tell(job('mine', 'running', 2));
    expect(feed.jobs().map((one) => one.state)).toEqual(['done']);
    expect(told).toEqual(['running', 'done']);
    feed.close();
  });

  it('believes a server that is back with an older state, as from a backup', async () => {
    const feed = new JobFeed();
    feed.open();
    const first = Stream.opened.at(-1);
    first?.say(job('mine', 'running', 7));
    first?.dispatchEvent(new Event('error'));
    await vi.advanceTimersByTimeAsync(10_000);
    Stream.opened.at(-1)?.say(job('mine', 'queued', 2));
    expect(feed.jobs().map((one) => one.state)).toEqual(['queued']);
    feed.close();
  });
});

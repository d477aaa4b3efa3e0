import { expiry } from './expiry';

const answers = (...statuses: number[]) => {
  const asked = { times: 0 };
  const ask = () => {
    asked.times += 1;
    return Promise.resolve(new Response(null, { status: statuses.shift() ?? 200 }));
  };
  return { ask, asked };
};

/** Let everything that waits for nothing but its turn go on. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve));

describe('a session that ends', () => {
  beforeEach(() => {
    expiry.resume();
    expiry.watch(true);
  });

  it('holds requests up until somebody has signed in, and then repeats them', async () => {
    const { ask, asked } = answers(401, 200);
    const answer = expiry.through(ask);
    await aMoment();
    expect(expiry.over()).toBe(true);
    expect(asked.times).toBe(1);
    expiry.resume();
    expect((await answer).status).toBe(200);
    expect(expiry.over()).toBe(false);
  });

  it('may end once more at once', async () => {
    const { ask, asked } = answers(401, 401, 200);
    const answer = expiry.through(ask);
    await aMoment();
    expiry.resume();
    await aMoment();
    expect(expiry.over()).toBe(true);
    expiry.resume();
    expect((await answer).status).toBe(200);
    expect(asked.times).toBe(3);
  });

  it('is not asked about twice by an answer that comes late', async () => {
    let late: (answer: Response) => void = () => undefined;
    const slow = [new Promise<Response>((resolve) => (late = resolve))];
    const second = answers(200);
    const answer = expiry.through(() => slow.pop() ?? second.ask());
    await aMoment();
    expiry.resume();
    late(new Response(null, { status: 401 }));
    expect((await answer).status).toBe(200);
    expect(expiry.over()).toBe(false);
  });

  it('is none before anybody has signed in', async () => {
    expiry.watch(false);
    expect((await expiry.through(answers(401).ask)).status).toBe(401);
    expect(expiry.over()).toBe(false);
  });
});

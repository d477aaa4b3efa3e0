/** Sound that was recorded here and is not on the server yet, second by second in the browser's database. */

const NAME = 'auricle-microphone';
const [SESSIONS, CHUNKS] = ['sessions', 'chunks'];
const LOCK = 'auricle-microphone ';

/** A recording that was begun in this browser. */
export interface Session {
  readonly id: string;
  /** Whose it is: browsers are shared. */
  readonly owner: string;
  readonly title: string;
  /** Its media type, as MediaRecorder writes it. */
  readonly type: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Seconds of sound that are kept. */
  readonly seconds: number;
}

interface Chunk {
  readonly session: string;
  readonly number: number;
  readonly blob: Blob;
}

/** Keep a session, or what is new about it. */
export async function keepSession(session: Session): Promise<void> {
  await inDatabase('readwrite', (database) => database.objectStore(SESSIONS).put(session));
}

/** Keep the next piece of a session's sound, and how long that is by now. */
export async function keepChunk(session: Session, number: number, blob: Blob): Promise<void> {
  await inDatabase('readwrite', (database) => {
    database.objectStore(CHUNKS).put({ session: session.id, number, blob } satisfies Chunk);
    return database.objectStore(SESSIONS).put(session);
  });
}

/** Sessions of this person, the oldest first. */
export async function sessionsOf(owner: string): Promise<Session[]> {
  const all = await inDatabase<Session[]>('readonly', (one) => one.objectStore(SESSIONS).getAll());
  return all
    .filter((one) => one.owner === owner)
    .sort((one, other) => one.startedAt.localeCompare(other.startedAt));
}

/** All sound of a session as one file: its pieces follow each other as they were written. */
export async function soundOf(session: Session): Promise<Blob> {
  const range = IDBKeyRange.bound([session.id, 0], [session.id, Infinity]);
  const chunks = await inDatabase<Chunk[]>('readonly', (one) =>
    one.objectStore(CHUNKS).getAll(range),
  );
  return new Blob(
    chunks.map((one) => one.blob),
    { type: session.type },
  );
}

/** Forget a session and its sound. */
export async function forget(id: string): Promise<void> {
  const range = IDBKeyRange.bound([id, 0], [id, Infinity]);
  await inDatabase('readwrite', (database) => {
    database.objectStore(CHUNKS).delete(range);
    return database.objectStore(SESSIONS).delete(id);
  });
}

/** Hold a session as long as a promise is open, so that no other tab takes it for one that was left. */
export function holdWhile(id: string, recording: Promise<void>): void {
  void navigator.locks.request(LOCK + id, () => recording);
}

/** The sessions that some tab is recording now. */
export async function beingRecorded(): Promise<ReadonlySet<string>> {
  const { held } = await navigator.locks.query();
  const names = (held ?? []).flatMap((one) => one.name ?? []);
  return new Set(names.filter((one) => one.startsWith(LOCK)).map((one) => one.slice(LOCK.length)));
}

/** Whether an error says that there is no room left. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

/** Do something in one transaction; resolves once it is kept. Throws a DOMException where nothing can be. */
async function inDatabase<T>(
  mode: IDBTransactionMode,
  act: (transaction: IDBTransaction) => IDBRequest,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction([SESSIONS, CHUNKS], mode, { durability: 'strict' });
      const request = act(transaction);
      transaction.oncomplete = () => resolve(request.result as T);
      transaction.onabort = () => reject(transaction.error ?? request.error ?? new Error());
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(SESSIONS, { keyPath: 'id' });
      request.result.createObjectStore(CHUNKS, { keyPath: ['session', 'number'] });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error());
  });
}

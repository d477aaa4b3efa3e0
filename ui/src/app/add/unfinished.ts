/** Uploads that are not complete, kept in this browser so that they outlive the page. */

import type { Wishes } from './choices';

/** What is kept of one. */
export interface Unfinished {
  /** The server's id of the upload. */
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly size: number;
  readonly wishes: Wishes;
  /** The file itself, where the browser can give it again after asking. */
  readonly handle?: FileSystemFileHandle | undefined;
}

const NAME = 'auricle.uploads';
const STORE = 'unfinished';

/** All that are kept; none where the browser keeps nothing. */
export async function allUnfinished(): Promise<readonly Unfinished[]> {
  return (await inStore('readonly', (store) => store.getAll() as IDBRequest<Unfinished[]>)) ?? [];
}

export async function keepUnfinished(one: Unfinished): Promise<void> {
  await inStore('readwrite', (store) => store.put(one));
}

export async function forgetUnfinished(id: string): Promise<void> {
  await inStore('readwrite', (store) => store.delete(id));
}

async function inStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    const database = await opened();
    try {
      return await answered(act(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    // A browser that keeps nothing: an upload then lasts as long as its page.
    return undefined;
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
  return answered(request);
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error(NAME));
  });
}

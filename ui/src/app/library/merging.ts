/** Something with an id that stays. */
interface Known {
  readonly id: string;
}

/**
 * A list that was read page by page, brought up to date by reading its first page again.
 *
 * What the page leaves out of its own range is gone; what comes after that range stays. Null where the page's
 * end is nowhere in the list any more: then only the page itself is certain.
 */
export function refreshed<T extends Known>(
  list: readonly T[],
  page: readonly T[],
  pageIsAll: boolean,
): readonly T[] | null {
  if (pageIsAll) return page;
  const last = page.at(-1);
  const end = last ? list.findIndex((one) => one.id === last.id) : -1;
  if (end < 0) return null;
  const ids = new Set(page.map((one) => one.id));
  return [...page, ...list.slice(end + 1).filter((one) => !ids.has(one.id))];
}

/** A list with another page at its end; what came in between and is on both is there once. */
export function appended<T extends Known>(list: readonly T[], page: readonly T[]): readonly T[] {
  const ids = new Set(list.map((one) => one.id));
  return [...list, ...page.filter((one) => !ids.has(one.id))];
}

/** A list with items that were taken out of it back in their places; `before` is the list as it was with them. */
export function withReturned<T extends Known>(
  list: readonly T[],
  before: readonly T[],
  back: readonly T[],
): readonly T[] {
  const newest = new Map([...list, ...back].map((one) => [one.id, one]));
  const known = new Set(before.map((one) => one.id));
  const added = list.filter((one) => !known.has(one.id));
  return [...added, ...before.flatMap((one) => newest.get(one.id) ?? [])];
}

/** The items of all pages of a list, one page after the other; `ask` gets the cursor of each. */
export async function everyPage<T>(
  ask: (cursor: string | null) => Promise<{ items: T[]; next: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: T[]; next: string | null } = await ask(cursor);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

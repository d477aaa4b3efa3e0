/** As many recordings as one request may name. */
export const MOST = 1000;

/** Ids in portions that one request takes. */
export function inChunks(ids: readonly string[]): string[][] {
  const chunks = [];
  for (let begin = 0; begin < ids.length; begin += MOST)
    chunks.push(ids.slice(begin, begin + MOST));
  return chunks;
}

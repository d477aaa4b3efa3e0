/** What is other between two texts, word by word. */

import { joined } from './transcript/spelling';

export interface Piece {
  readonly kind: 'same' | 'removed' | 'inserted';
  readonly text: string;
}

/** Pairs of words (millions) above which two texts are shown as one removed, one inserted. */
const MOST_PAIRS = 4_000_000;

/** The second text as changes to the first: by their longest common row of words. */
export function wordChanges(before: string, after: string): Piece[] {
  const [old, fresh] = [wordsOf(before), wordsOf(after)];
  const most = Math.min(old.length, fresh.length);
  let [head, tail] = [0, 0];
  while (head < most && old[head] === fresh[head]) head++;
  while (tail < most - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++;
  const pieces: { kind: Piece['kind']; words: string[] }[] = [];
  const add = (kind: Piece['kind'], words: readonly string[]) => {
    if (words.length === 0) return;
    const last = pieces.at(-1);
    if (last?.kind === kind) last.words.push(...words);
    else pieces.push({ kind, words: [...words] });
  };
  add('same', old.slice(0, head));
  between(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail), add);
  add('same', old.slice(old.length - tail));
  return pieces.map(({ kind, words }) => ({ kind, text: words.reduce(joined) }));
}

/** Scripts that put no space between words are compared sign by sign. */
const WORD = /[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+/g;

function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

function between(
  old: readonly string[],
  fresh: readonly string[],
  add: (kind: Piece['kind'], words: readonly string[]) => void,
): void {
  if (old.length * fresh.length > MOST_PAIRS) {
    add('removed', old);
    add('inserted', fresh);
    return;
  }
  const common = commonLengths(old, fresh);
  const width = fresh.length + 1;
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    const [down, right] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0];
    if (old[i] === fresh[j]) {
      add('same', [old[i++] ?? '']);
      j++;
    } else if (down >= right) add('removed', [old[i++] ?? '']);
    else add('inserted', [fresh[j++] ?? '']);
  }
  add('removed', old.slice(i));
  add('inserted', fresh.slice(j));
}

/** How long the longest common row is from each pair of places on. */
function commonLengths(old: readonly string[], fresh: readonly string[]): Uint16Array {
  const width = fresh.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      const at = i * width + j;
      common[at] =
        old[i] === fresh[j]
          ? (common[at + width + 1] ?? 0) + 1
          : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0);
    }
  }
  return common;
}

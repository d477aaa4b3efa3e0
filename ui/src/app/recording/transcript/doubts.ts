/** How doubtful a word is, and how that is said. */

import type { Word } from './model';

/** How strong the line under a word is: 0 for none, 3 for the most doubtful. */
export function doubt(word: Word, below: number): 0 | 1 | 2 | 3 {
  const confidence = word.confidence ?? 1;
  if (word.checked || confidence >= below) return 0;
  if (confidence < below * 0.4) return 3;
  return confidence < below * 0.7 ? 2 : 1;
}

/** A confidence as people read it: 0.344 is 34. */
export function percent(word: Word): number {
  return Math.round((word.confidence ?? 0) * 100);
}

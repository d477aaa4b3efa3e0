/** How doubtful a word is, and how that is said. */

import type { Transcript, Word, WordPlace } from './model';

/** How strong the line under a word is: 0 for none, 3 for the most doubtful. */
export function doubt(word: Word, below: number): 0 | 1 | 2 | 3 {
  const confidence = word.confidence ?? 1;
  if (word.checked || confidence >= below) return 0;
  if (confidence < below * 0.4) return 3;
  return confidence < below * 0.7 ? 2 : 1;
}

/** The words that a person should listen to. */
export function doubtfulWords(transcript: Transcript | null, below: number): readonly WordPlace[] {
  return (transcript?.segments ?? []).flatMap((segment) =>
    segment.words.flatMap((word, n) =>
      doubt(word, below) ? [{ segment: segment.id, word: n }] : [],
    ),
  );
}

/** A confidence as people read it: 0.344 is 34. */
export function percent(word: Word): number {
  return Math.round((word.confidence ?? 0) * 100);
}

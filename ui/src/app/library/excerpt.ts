import type { Wire } from '../api/client';

type Piece = Wire<'PieceModel'>;

/** The part of a long text around its first match: about `most` characters, cut between words. */
export function excerpt(pieces: readonly Piece[], most = 180): Piece[] {
  const text = pieces.map((one) => one.text).join('');
  if (text.length <= most) return [...pieces];
  const first = pieces.findIndex((one) => one.match);
  const at = pieces.slice(0, Math.max(0, first)).reduce((sum, one) => sum + one.text.length, 0);
  let begin = Math.max(0, Math.min(at - Math.round(most / 3), text.length - most));
  if (begin > 0) begin = Math.min(at, nextWord(text, begin));
  let end = Math.min(text.length, begin + most);
  if (end < text.length) end = Math.max(text.lastIndexOf(' ', end), at + 1);
  const cut: Piece[] = [];
  let place = 0;
  for (const piece of pieces) {
    const part = piece.text.slice(Math.max(0, begin - place), Math.max(0, end - place));
    if (part) cut.push({ ...piece, text: part });
    place += piece.text.length;
  }
  if (begin > 0) cut.unshift({ text: '…', match: false });
  if (end < text.length) cut.push({ text: '…', match: false });
  return cut;
}

function nextWord(text: string, from: number): number {
  const space = text.indexOf(' ', from);
  return space < 0 ? from : space + 1;
}

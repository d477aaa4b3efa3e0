/** Limits as an admin types them: a number, or nothing for what the settings say. */

/** The number in a field; null for an empty one, undefined for what is no number. A comma is a point. */
export function numberIn(text: string): number | null | undefined {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/** A whole number from 1 on; null for an empty field, undefined for anything else. */
export function wholeIn(text: string): number | null | undefined {
  const number = numberIn(text);
  if (number === null) return null;
  return number !== undefined && Number.isInteger(number) && number >= 1 ? number : undefined;
}

const GB = 1e9;

/** Bytes as the field for gigabytes shows them. */
export function inGigabytes(bytes: number | null): string {
  return bytes === null ? '' : String(bytes / GB);
}

/** What the field for gigabytes says, in bytes. */
export function bytesIn(text: string): number | null | undefined {
  const number = numberIn(text);
  return typeof number === 'number' ? Math.round(number * GB) : number;
}

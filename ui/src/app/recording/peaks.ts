/** The outline of a recording's loudness, as the server sends it: audiowaveform's binary form, version 2. */

const HEADER_BYTES = 24;
const LOUDEST = 128;

/** What a screen can show, and more: a recording of 5 hours has 360,000 columns. */
const MOST_COLUMNS = 4000;

/** The loudness (0 to 1) over the whole recording, in no more columns than can be seen; null for anything else. */
export function readPeaks(bytes: ArrayBuffer): Float32Array | null {
  if (bytes.byteLength < HEADER_BYTES) return null;
  const header = new DataView(bytes);
  const [version, length, channels] = [0, 16, 20].map((at) => header.getInt32(at, true));
  if (version !== 2 || !length || !channels) return null;
  const samples = new Int8Array(bytes, HEADER_BYTES);
  const each = channels * 2;
  if (samples.length !== length * each) return null;
  const columns = Math.min(length, MOST_COLUMNS);
  const loudness = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const first = Math.floor((column * length) / columns) * each;
    const last = Math.floor(((column + 1) * length) / columns) * each;
    let loudest = 0;
    for (let at = first; at < last; at++) loudest = Math.max(loudest, Math.abs(samples[at] ?? 0));
    loudness[column] = loudest / LOUDEST;
  }
  return loudness;
}

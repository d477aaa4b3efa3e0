import { readPeaks } from './peaks';

function file(columns: readonly (readonly number[])[], version = 2): ArrayBuffer {
  const channels = (columns[0]?.length ?? 2) / 2;
  const bytes = new ArrayBuffer(24 + columns.length * channels * 2);
  const header = new DataView(bytes);
  [version, 1, 16_000, 800, columns.length, channels].forEach((value, at) =>
    header.setInt32(at * 4, value, true),
  );
  new Int8Array(bytes, 24).set(columns.flat());
  return bytes;
}

describe('peaks', () => {
  it('are the loudest of both signs and all channels', () => {
    const loudness = readPeaks(
      file([
        [-64, 32, 0, 0],
        [0, 0, -128, 5],
        [0, 0, 0, 0],
      ]),
    );
    expect(Array.from(loudness ?? [])).toEqual([0.5, 1, 0]);
  });

  it('of a long recording are fewer columns, and none of its loud moments is lost', () => {
    const columns = Array.from({ length: 100_000 }, (_, at) => [0, at === 77_777 ? 127 : 1]);
    const loudness = readPeaks(file(columns)) ?? new Float32Array();
    expect(loudness.length).toBe(4000);
    expect(loudness[Math.floor(77_777 / 25)]).toBeCloseTo(127 / 128);
  });

  it('are none in a file of another kind', () => {
    expect(readPeaks(new ArrayBuffer(3))).toBeNull();
    expect(readPeaks(file([[0, 1]], 1))).toBeNull();
    expect(readPeaks(file([[0, 1]]).slice(0, 25))).toBeNull();
  });
});

import { GAP } from './queue-history';

/** A value at a moment (ms since 1970); null where nothing is known. */
export interface Point {
  readonly at: number;
  readonly value: number | null;
}

/** The extent of a chart's drawing; it is stretched to its place. */
export const WIDTH = 1000;
export const HEIGHT = 100;

/** The line through the points as an SVG path, from the moment `begin` at the left to `end`, and from 0 to `top`. */
export function pathOf(points: readonly Point[], begin: number, end: number, top: number): string {
  let path = '';
  let before: number | null = null;
  for (const { at, value } of points) {
    if (value === null) {
      before = null;
      continue;
    }
    const x = (WIDTH * (at - begin)) / (end - begin);
    const y = HEIGHT * (1 - value / top);
    path += `${before === null || at - before > GAP ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`;
    before = at;
  }
  return path;
}

function tenth(n: number): number {
  return Math.round(n * 10) / 10;
}

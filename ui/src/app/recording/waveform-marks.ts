/** What is drawn over the outline of the sound: who speaks when, and where words are doubtful. */

import type { Stretch } from './player';
import { colorOf } from './theme-colors';

/** One speaker's turn; `color` is one of the eight speaker colours (0..7). */
export interface Band extends Stretch {
  readonly color: number;
}

export interface Marks {
  readonly bands: readonly Band[];
  /** Seconds. */
  readonly doubts: readonly number[];
  readonly duration: number;
}

const BAND_HEIGHT = 5;
const TICK_HEIGHT = 7;
const TICK_WIDTH = 2;
const COLORS = 8;

/** Draw all marks of a recording over the whole width of a canvas. */
export function drawMarks(canvas: HTMLCanvasElement, marks: Marks): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (context === null || !marks.duration || !width) return;
  context.scale(scale, scale);
  const x = (time: number) => (time / marks.duration) * width;
  drawBands(context, marks.bands, x, height - BAND_HEIGHT);
  drawDoubts(context, marks.doubts, x);
}

function drawBands(
  context: CanvasRenderingContext2D,
  bands: readonly Band[],
  x: (time: number) => number,
  top: number,
): void {
  const near = context.canvas.parentElement ?? context.canvas;
  const colors = Array.from({ length: COLORS }, (_, at) => colorOf(`--speaker-${at}`, near));
  for (const band of bands) {
    context.fillStyle = colors[band.color % COLORS] ?? '';
    context.fillRect(x(band.start), top, Math.max(1, x(band.end) - x(band.start)), BAND_HEIGHT);
  }
}

/** Several doubtful words in one place are one tick: there are thousands in a long recording. */
function drawDoubts(
  context: CanvasRenderingContext2D,
  doubts: readonly number[],
  x: (time: number) => number,
): void {
  context.fillStyle = colorOf('--amber', context.canvas.parentElement ?? context.canvas);
  let drawn = -Infinity;
  for (const time of doubts) {
    const place = Math.round(x(time));
    if (place < drawn + TICK_WIDTH) continue;
    context.fillRect(place, 0, TICK_WIDTH, TICK_HEIGHT);
    drawn = place;
  }
}

import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { adminWords } from '../words/admin';
import { HEIGHT, pathOf, type Point, WIDTH } from './chart-path';
import { SPAN } from './queue-history';

/** One line of a chart; a name is shown where there are several. */
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** How something changed over the last 15 minutes: small lines, their newest values, and the same as a sentence. */
@Component({
  selector: 'a-chart',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h3>{{ label() }}</h3>
    <p class="now">
      @for (line of lines(); track line.name) {
        <span [class]="'value of-' + $index">
          @if (lines().length > 1) {
            <i class="key"></i><span class="quiet">{{ line.name }}</span>
          }
          {{ latest(line) }}
        </span>
      }
    </p>
    <svg
      [attr.viewBox]="'0 0 ' + width + ' ' + height"
      preserveAspectRatio="none"
      role="img"
      [attr.aria-label]="sentence()"
    >
      @for (line of lines(); track line.name) {
        <path [class]="'of-' + $index" [attr.d]="drawn(line)" />
      }
    </svg>
    <p class="axis small quiet" aria-hidden="true">
      <span>{{ words.ago }}</span><span>{{ words.upTo(format()(top())) }}</span
      ><span>{{ words.now }}</span>
    </p>
  `,
  styles: `
    :host {
      display: block;
      min-width: 0;
    }

    h3 {
      font: 500 14px/20px var(--interface);
    }

    .now {
      display: flex;
      flex-wrap: wrap;
      gap: 0 16px;
      min-height: 28px;
      margin: 0 0 4px;
      font-size: 17px;
      font-variant-numeric: tabular-nums;
      line-height: 28px;

      .quiet {
        font-size: 13px;
      }
    }

    .key {
      display: inline-block;
      width: 12px;
      height: 3px;
      margin-inline-end: 6px;
      vertical-align: middle;
      background: var(--colour);
      forced-color-adjust: none;
    }

    svg {
      display: block;
      width: 100%;
      height: 72px;
      overflow: visible;
      border-bottom: 1px solid var(--edge);
    }

    path {
      fill: none;
      stroke: var(--colour);
      stroke-linecap: round;
      stroke-linejoin: round;
      stroke-width: 2px;
      vector-effect: non-scaling-stroke;
    }

    .of-0 {
      --colour: var(--speaker-0);
    }

    .of-1 {
      --colour: var(--speaker-1);
    }

    .axis {
      display: flex;
      justify-content: space-between;
      margin: 2px 0 0;
    }
  `,
})
export class Chart {
  readonly label = input.required<string>();
  readonly lines = input.required<readonly Line[]>();
  /** The moment (ms since 1970) at the right end. */
  readonly end = input.required<number>();
  /** A value for people. */
  readonly format = input.required<(value: number) => string>();
  /** The value that the chart's height has at least. */
  readonly least = input(1);

  protected readonly words = adminWords.chart;
  protected readonly width = WIDTH;
  protected readonly height = HEIGHT;
  protected readonly top = computed(() =>
    Math.max(this.least(), ...this.lines().flatMap((line) => known(line))),
  );
  protected readonly sentence = computed(() =>
    [
      `${this.label()}.`,
      ...this.lines().map((line) => {
        const values = known(line);
        if (values.length === 0) return adminWords.chart.unknown(line.name);
        const [low, high] = [Math.min(...values), Math.max(...values)].map(this.format());
        return adminWords.chart.sentence(line.name, this.latest(line), low ?? '', high ?? '');
      }),
    ].join(' '),
  );

  protected latest(line: Line): string {
    const value = line.points.at(-1)?.value ?? null;
    return value === null ? adminWords.unknown : this.format()(value);
  }

  protected drawn(line: Line): string {
    return pathOf(line.points, this.end() - SPAN, this.end(), this.top());
  }
}

function known(line: Line): number[] {
  return line.points.map((one) => one.value).filter((value) => value !== null);
}

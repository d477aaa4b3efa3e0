/** What an export is asked for: a format and its options, as chosen last time. */

import type { Wire } from '../api/client';

export type Format = Wire<'FormatModel'>;
export type FormatOption = Wire<'FormatOption'>;
export type Value = string | number | boolean;
export type Values = Readonly<Record<string, Value | undefined>>;

/** Formats whose files are text that can be read as it is. */
const READABLE: ReadonlySet<string> = new Set([
  'txt',
  'md',
  'srt',
  'vtt',
  'json',
  'csv',
  'tsv',
  'lrc',
]);

export function isText(format: Format): boolean {
  return READABLE.has(format.name);
}

/** What was chosen for an option; undefined where nothing was, or what this browser kept is no value of its kind. */
export function chosen(option: FormatOption, values: Values): Value | undefined {
  const value = values[option.name];
  return option.kind.endsWith('number') && !Number.isFinite(value) ? undefined : value;
}

/** The values that differ from the defaults, as the API takes them; what the format does not know is left out. */
export function asked(format: Format, values: Values): Record<string, string> {
  const query: Record<string, string> = {};
  for (const option of format.options) {
    const value = chosen(option, values);
    if (value !== undefined && value !== option.default) query[option.name] = String(value);
  }
  return query;
}

/** Why a value cannot be; null where it can. `low` and `high` are the bounds. */
export function outside(option: FormatOption, value: number): { low: number; high: number } | null {
  if (option.low === null || option.high === null) return null;
  const whole = option.kind !== 'whole number' || Number.isInteger(value);
  return value >= option.low && value <= option.high && whole
    ? null
    : { low: option.low, high: option.high };
}

/** Whether all values are such that the server takes them. */
export function possible(format: Format, values: Values): boolean {
  return format.options.every((option) => {
    const value = chosen(option, values);
    return typeof value !== 'number' || outside(option, value) === null;
  });
}

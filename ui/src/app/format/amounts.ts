/** Times, sizes and numbers as people read them, in the browser's language. */

import { words } from '../words';

const { units } = words;

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const nearDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** A place in a recording: 754.2 is 12:34; with hours where there are any, or where `long` asks for them. */
export function position(seconds: number, long = seconds >= 3600): string {
  const total = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  return long ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** How long something takes, roughly: 95 is "2 minutes". */
export function roughly(seconds: number): string {
  if (seconds < 50) return units.seconds(Math.max(5, Math.round(seconds / 5) * 5));
  if (seconds < 3000) return units.minutes(Math.max(1, Math.round(seconds / 60)));
  return units.hours(Math.round(seconds / 360) / 10);
}

/** Bytes as people count them: 1_536_000 is "1.5 MB". */
export function size(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const form = power === 0 ? whole : short;
  return `${form.format(bytes / 1000 ** power)} ${names[power]}`;
}

export function count(n: number): string {
  return whole.format(n);
}

/** A speed of work: 12.3 is "12x real time". */
export function speed(times: number): string {
  return units.timesRealTime(short.format(times));
}

/** A moment (ISO 8601) as one says it in a list: "today 09:40", "3 Mar", "3 Mar 2024". */
export function moment(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days === 0 || days === 1) return `${relative.format(-days, 'day')} ${clock.format(then)}`;
  return (then.getFullYear() === now.getFullYear() ? nearDay : day).format(then);
}

/** A moment (ISO 8601) to the second, for tooltips. */
export function precisely(iso: string): string {
  return exact.format(new Date(iso));
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

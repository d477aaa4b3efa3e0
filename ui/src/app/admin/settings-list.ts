import type { Wire } from '../api/client';

export type Setting = Wire<'SettingModel'>;

/** Settings that stand under one heading. */
export interface SettingGroup {
  readonly name: string;
  readonly settings: readonly Setting[];
}

/** The settings that have all these words somewhere, under their headings and in their order. */
export function grouped(
  settings: readonly Setting[],
  search: string,
  onlyOwn: boolean,
): readonly SettingGroup[] {
  const sought = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = settings.filter(
    (one) => (!onlyOwn || differs(one)) && sought.every((word) => searchedText(one).includes(word)),
  );
  const names = [...new Set(found.map((one) => one.group))];
  return names.map((name) => ({ name, settings: found.filter((one) => one.group === name) }));
}

/** Whether somebody has chosen the value. */
export function differs(setting: Setting): boolean {
  return setting.source !== 'default';
}

/** A line for the environment or .env that sets it to what it is now; to `instead` where that cannot be copied. */
export function lineOf(setting: Setting, instead: string): string {
  const text = canBeCopied(setting) ? setting.value : instead;
  return `${setting.variable}=${/[\s#'"$\\;&|<>()*]/.test(text) ? quoted(text) : text}`;
}

/** Not secrets, not what has hidden parts, and not words such as "detected", which stand for no value at all. */
function canBeCopied({ secret, value, allowed, source }: Setting): boolean {
  if (secret || value.includes('********')) return false;
  return source !== 'default' || /^([\d.]+|true|false)$/.test(value) || isChoice(value, allowed);
}

function isChoice(value: string, allowed: string): boolean {
  return allowed.startsWith('one of ') && allowed.slice(7).split(', ').includes(value);
}

function quoted(text: string): string {
  return text.includes("'") ? `"${text.replace(/["$\\]/g, '\\$&')}"` : `'${text}'`;
}

function searchedText(setting: Setting): string {
  const { name, variable, group, meaning, value } = setting;
  return [name, variable, group, meaning, value].join(' ').toLowerCase();
}

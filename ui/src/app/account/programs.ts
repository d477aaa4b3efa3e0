import { words } from '../words';

/** What browsers call themselves; the first that fits counts, since most name others too. */
const BROWSERS: readonly (readonly [string, string])[] = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
];
const SYSTEMS = ['iPhone', 'iPad', 'Android', 'Windows', 'Mac OS', 'CrOS', 'Linux'];

/** A browser's name for people, out of what it says of itself (its user agent). */
export function programOf(agent: string): string {
  const browser = BROWSERS.find(([mark]) => agent.includes(mark))?.[1];
  const system = SYSTEMS.find((one) => agent.includes(one));
  if (browser && system) return words.account.sessions.on(browser, system);
  return agent || words.account.sessions.unnamed;
}

/** A line for the shell that shows a new key at work; `root` is where Auricle is. */
export function curlLine(root: string, key: string, scopes: readonly string[]): string {
  const ask = `curl -H "Authorization: Bearer ${key}"`;
  if (scopes.includes('read')) return `${ask} ${root}/api/v1/users/me`;
  if (scopes.includes('transcribe'))
    return `${ask} -F file=@talk.mp3 -F model=whisper-1 ${root}/v1/audio/transcriptions`;
  if (scopes.includes('write')) return `${ask} -F file=@talk.mp3 ${root}/api/v1/recordings`;
  return scopes.includes('metrics') ? `${ask} ${root}/metrics` : `${ask} ${root}/api/v1/users`;
}

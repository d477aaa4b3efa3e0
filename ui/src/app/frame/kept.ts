/** Small choices that this browser keeps; where it keeps nothing, they last as long as the page. */

const prefix = 'auricle.';

/** What is in `sessionStorage` only one tab has, and only until it is closed. */
type Place = 'localStorage' | 'sessionStorage';

export function kept<T>(name: string, fallback: T, place: Place = 'localStorage'): T {
  try {
    const text = window[place].getItem(prefix + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

/** Keep a value; undefined takes away what was kept. */
export function keep(name: string, value: unknown, place: Place = 'localStorage'): void {
  try {
    if (value === undefined) window[place].removeItem(prefix + name);
    else window[place].setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Nothing is kept; the choice lasts as long as the page.
  }
}

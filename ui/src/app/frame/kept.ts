/** Small choices that this browser keeps; where it keeps nothing, they last as long as the page. */

const prefix = 'auricle.';

export function kept<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Nothing is kept; the choice lasts as long as the page.
  }
}

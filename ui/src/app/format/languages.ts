const names = new Intl.DisplayNames(undefined, { type: 'language' });

/** The name of a language in the reader's own: "de" is "German". */
export function languageName(code: string | null): string {
  try {
    return code ? (names.of(code) ?? code) : '';
  } catch {
    return code ?? '';
  }
}

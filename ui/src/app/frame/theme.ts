import { effect, Injectable, signal } from '@angular/core';

export type Choice = 'system' | 'light' | 'dark';

const order: readonly Choice[] = ['system', 'light', 'dark'];

/** Light or dark: as the system has it, or as chosen. `public/theme.js` reads the choice before the first paint. */
@Injectable({ providedIn: 'root' })
export class Theme {
  private readonly now = signal<Choice>(
    (document.documentElement.dataset['theme'] as Choice | undefined) ?? 'system',
  );
  readonly chosen = this.now.asReadonly();

  constructor() {
    effect(() => {
      const choice = this.now();
      if (choice === 'system') delete document.documentElement.dataset['theme'];
      else document.documentElement.dataset['theme'] = choice;
      colourBars(choice);
    });
  }

  /** The next of: system, light, dark. */
  next(): void {
    this.choose(order[(order.indexOf(this.now()) + 1) % order.length] ?? 'system');
  }

  choose(choice: Choice): void {
    this.now.set(choice);
    try {
      localStorage.setItem('auricle.theme', choice);
    } catch {
      // It lasts as long as the page.
    }
  }
}

/** The bars of a phone, and of a window that is installed, have the page's colour. */
function colourBars(choice: Choice): void {
  for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[data-of]')) {
    const { of } = bar.dataset;
    if (choice === 'system') bar.media = `(prefers-color-scheme: ${of})`;
    else bar.media = of === choice ? 'all' : 'not all';
  }
}

/** Colours of the theme, for what is drawn on a canvas and so knows nothing of CSS variables. */

/** The present value of a variable such as `--coral`, as a canvas takes it. */
export function colorOf(variable: string, near: HTMLElement): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  near.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Calls back whenever the theme has changed, by choice or by the system; the answer ends that. */
export function watchTheme(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  system.addEventListener('change', changed);
  return () => {
    chosen.disconnect();
    system.removeEventListener('change', changed);
  };
}

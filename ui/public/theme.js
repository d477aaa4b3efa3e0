// Before anything is painted, so that a page chosen to be dark never flashes white.
try {
  const theme = localStorage.getItem('auricle.theme');
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme;
    // The bars of a phone go with the page, not with the system.
    for (const bar of document.querySelectorAll('meta[data-of]'))
      bar.media = bar.dataset.of === theme ? 'all' : 'not all';
  }
} catch {
  // A browser that keeps nothing follows the system.
}

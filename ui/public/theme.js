// Before anything is painted, so that a page chosen to be dark never flashes white.
try {
  const theme = localStorage.getItem('auricle.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing follows the system.
}

import type { Shortcut } from '../frame/shortcuts';
import { words } from '../words';

/** What the keys of the library do. */
export interface Keyed {
  focusSearch(): void;
  step(by: number): void;
  openCurrent(): void;
  selectCurrent(): void;
  selectLoaded(): void;
  renameCurrent(): void;
  tagChosen(): void;
  exportChosen(): void;
  remove(): Promise<void>;
  clear(): void;
}

/** The keys of the library. */
export function shortcutsOf(page: Keyed): readonly Shortcut[] {
  const { keys } = words.library;
  return [
    { keys: ['/', 'ctrl+k'], words: keys.search, act: () => page.focusSearch() },
    { keys: ['j', 'arrowdown'], words: keys.down, act: () => page.step(1) },
    { keys: ['k', 'arrowup'], words: keys.up, act: () => page.step(-1) },
    { keys: ['enter'], words: keys.open, act: () => page.openCurrent() },
    { keys: ['x'], words: keys.select, act: () => page.selectCurrent() },
    { keys: ['ctrl+a'], words: keys.selectAll, act: () => page.selectLoaded() },
    { keys: ['f2'], words: keys.rename, act: () => page.renameCurrent() },
    { keys: ['t'], words: keys.tags, act: () => page.tagChosen() },
    { keys: ['e'], words: keys.export, act: () => page.exportChosen() },
    { keys: ['delete'], words: keys.delete, act: () => void page.remove() },
    { keys: ['escape'], words: keys.clear, act: () => page.clear() },
  ];
}

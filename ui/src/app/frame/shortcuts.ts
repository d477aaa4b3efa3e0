import { Dialog } from '@angular/cdk/dialog';
import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Router } from '@angular/router';
import { words } from '../words';

/** A key and what it does. */
export interface Shortcut {
  /** As in KeyboardEvent.key, lower case, with modifiers in front: "j", " ", "ctrl+f", "shift+tab", "?". */
  readonly keys: readonly string[];
  /** What it does, for the sheet of all keys. */
  readonly words: string;
  readonly act: (event: KeyboardEvent) => void;
  /** It also works while somebody types, as ctrl+f does. */
  readonly whileTyping?: boolean;
}

export interface Group {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** All keys: pages add theirs while they are open, and `?` shows them. */
@Injectable({ providedIn: 'root' })
export class Shortcuts {
  private readonly router = inject(Router);
  private readonly dialog = inject(Dialog);
  private readonly pages = signal<readonly Group[]>([]);

  readonly groups = computed<readonly Group[]>(() => [
    ...this.pages(),
    {
      title: words.frame.shortcuts.everywhere,
      shortcuts: [
        { keys: ['?'], words: words.frame.shortcuts.show, act: () => this.show() },
        {
          keys: ['g'],
          words: words.frame.shortcuts.goLibrary,
          act: () => void this.router.navigateByUrl('/'),
        },
        {
          keys: ['n'],
          words: words.frame.shortcuts.goAdd,
          act: () => void this.router.navigateByUrl('/add'),
        },
      ],
    },
  ]);

  /** Add keys for as long as the caller (a component) lives. Call it where inject() works. */
  add(title: string, shortcuts: readonly Shortcut[]): void {
    const group = { title, shortcuts };
    this.pages.update((all) => [group, ...all]);
    inject(DestroyRef).onDestroy(() =>
      this.pages.update((all) => all.filter((one) => one !== group)),
    );
  }

  /** Begin to hear keys. */
  listen(): void {
    document.addEventListener('keydown', (event) => this.hear(event));
  }

  /** Show all keys. */
  show(): void {
    if (this.dialog.openDialogs.length > 0) return;
    void import('./shortcut-sheet').then(({ ShortcutSheet }) =>
      this.dialog.open(ShortcutSheet, { ariaLabelledBy: 'keys', backdropClass: 'backdrop' }),
    );
  }

  private hear(event: KeyboardEvent): void {
    // A dialog or menu on top has the keys for itself.
    if (event.defaultPrevented || document.querySelector('.cdk-overlay-backdrop, [aria-modal]'))
      return;
    const keys = keysOf(event);
    const typing = isTyping(event);
    for (const group of this.groups()) {
      for (const one of group.shortcuts) {
        if (!one.keys.includes(keys) || (typing && !one.whileTyping)) continue;
        event.preventDefault();
        one.act(event);
        return;
      }
    }
  }
}

/** Fields into which nobody types, and those of them that arrows move or lead through. */
const PRESSED = `input:is(${['checkbox', 'radio', 'range', 'button', 'submit', 'color', 'file']
  .map((type) => `[type=${type}]`)
  .join()})`;
const MOVED = 'input:is([type=range], [type=radio])';
const MOVES = /^(Arrow|Page|Home$|End$)/;

/** A pressed key as a Shortcut names it. */
export function keysOf(event: KeyboardEvent): string {
  const key = signOf(event);
  // Shift is part of a sign such as ?, but not of a letter or a named key.
  const shift = event.shiftKey && (key.length > 1 || key !== key.toUpperCase()) ? 'shift+' : '';
  const ctrl = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
  return `${ctrl}${event.altKey ? 'alt+' : ''}${shift}${key}`;
}

/** What a key writes; where a layout writes no Latin letters, the letter that is printed there for those who do. */
function signOf({ key, code }: KeyboardEvent): string {
  const printed = /^Key([A-Z])$/.exec(code)?.[1];
  const isForeign = /^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key);
  return (isForeign && printed ? printed : key).toLowerCase();
}

/** Whether a key belongs to the field it was pressed in. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  // In an open menu letters lead to the items that begin with them.
  if (target.closest('[role=menu], [role=listbox]')) return true;
  if (target.matches('input') && !target.matches(PRESSED)) return true;
  if (target.matches(MOVED) && MOVES.test(event.key)) return true;
  if (event.key === ' ' && target.matches(PRESSED)) return !target.matches('[type=range]');
  // Space and Enter press what has the focus.
  return (
    (event.key === ' ' || event.key === 'Enter') &&
    target.matches('button, a, summary, [role=button], [type=button], [type=submit]')
  );
}

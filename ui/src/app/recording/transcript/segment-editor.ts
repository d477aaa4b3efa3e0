/** An element of the text that can be typed into; it looks as it did before. */

import { offsetIn, rangeIn } from './words-in-place';

/** What was typed, and where the caret stands in it. */
export interface Typed {
  readonly text: string;
  readonly caret: number;
}

export interface Hooks {
  /** What the field is called for those who cannot see it. */
  readonly label: string;
  readonly language: string | null;
  readonly typed: (text: string) => void;
  /** Nothing was typed for a while. */
  readonly paused: (text: string) => void;
  readonly ended: (
    how: 'left' | 'saved' | 'given up' | 'split' | 'back' | 'forth',
    typed: Typed,
  ) => void;
}

/** After how long (ms) without a key what was typed is saved. */
const PAUSE = 2500;

export class SegmentEditor {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly element: HTMLElement,
    text: string,
    caret: number,
    private readonly hooks: Hooks,
  ) {
    element.textContent = text;
    this.open();
    element.focus();
    this.place(Math.min(caret, text.length));
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      act: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(name, act, { signal: this.controller.signal });
    on('input', () => this.changed());
    on('keydown', (event) => this.key(event));
    on('paste', (event) => this.paste(event));
    on('blur', () => this.blurred());
  }

  /** End the typing; what was typed. */
  close(): string {
    clearTimeout(this.timer);
    this.controller.abort();
    const text = this.text();
    for (const name of ['contenteditable', 'role', 'aria-label', 'aria-multiline', 'lang'])
      this.element.removeAttribute(name);
    return text;
  }

  private open(): void {
    const { element } = this;
    try {
      element.contentEditable = 'plaintext-only';
    } catch {
      element.contentEditable = 'true';
    }
    element.setAttribute('role', 'textbox');
    element.setAttribute('aria-multiline', 'false');
    element.setAttribute('aria-label', this.hooks.label);
    if (this.hooks.language) element.lang = this.hooks.language;
  }

  private text(): string {
    return this.element.textContent ?? '';
  }

  private typed(): Typed {
    const selection = getSelection();
    const node = selection?.focusNode ?? null;
    const isHere = node !== null && this.element.contains(node);
    const caret = isHere ? offsetIn(this.element, node, selection?.focusOffset ?? 0) : Infinity;
    return { text: this.text(), caret: Math.min(caret, this.text().length) };
  }

  private place(caret: number): void {
    const range = rangeIn(this.element, caret, caret);
    if (caret >= this.text().length) range.selectNodeContents(this.element);
    range.collapse(caret < this.text().length);
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
  }

  private changed(): void {
    this.hooks.typed(this.text());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hooks.paused(this.text()), PAUSE);
  }

  private key(event: KeyboardEvent): void {
    const how = event.isComposing ? null : this.meaning(event);
    if (how === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.hooks.ended(how, this.typed());
  }

  private meaning(event: KeyboardEvent): Parameters<Hooks['ended']>[0] | null {
    const { text, caret } = this.typed();
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const isPoint = getSelection()?.isCollapsed ?? true;
    if (event.key === 'Escape') return 'given up';
    if (event.key === 'Enter') return isPlain ? 'split' : 'saved';
    if (event.key === 'Backspace' && isPoint && caret === 0) return 'back';
    if (event.key === 'Delete' && isPoint && caret === text.length) return 'forth';
    return null;
  }

  /** A paste is text of one line. Inserted as typing is, so that the browser can undo it. */
  private paste(event: ClipboardEvent): void {
    event.preventDefault();
    const text = (event.clipboardData?.getData('text/plain') ?? '').replace(/\s+/gu, ' ');
    document.execCommand('insertText', false, text);
  }

  private blurred(): void {
    // Another window came to the front: the field still has the focus in this one.
    if (document.hasFocus()) this.hooks.ended('left', this.typed());
    else this.hooks.paused(this.text());
  }
}

import { computed, signal } from '@angular/core';

/** Which rows of a list are chosen; a range goes from the row that was chosen last. */
export class Selection {
  private readonly chosen = signal<ReadonlySet<string>>(new Set());
  private anchor: string | null = null;

  readonly ids = this.chosen.asReadonly();
  readonly count = computed(() => this.chosen().size);

  has(id: string): boolean {
    return this.chosen().has(id);
  }

  /** Choose a row, or no longer. */
  toggle(id: string): void {
    this.anchor = id;
    this.change((ids) => void (ids.delete(id) || ids.add(id)));
  }

  /** Choose everything from the row that was chosen last to this one. */
  extend(id: string, order: readonly string[]): void {
    const [from, to] = [order.indexOf(this.anchor ?? id), order.indexOf(id)];
    if (from < 0 || to < 0) return this.toggle(id);
    const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.change((ids) => range.forEach((one) => ids.add(one)));
  }

  all(order: readonly string[]): void {
    this.change((ids) => order.forEach((one) => ids.add(one)));
  }

  /** These are no longer there. */
  drop(gone: Iterable<string>): void {
    this.change((ids) => [...gone].forEach((one) => ids.delete(one)));
  }

  clear(): void {
    this.anchor = null;
    this.chosen.set(new Set());
  }

  private change(how: (ids: Set<string>) => void): void {
    const ids = new Set(this.chosen());
    how(ids);
    this.chosen.set(ids);
  }
}

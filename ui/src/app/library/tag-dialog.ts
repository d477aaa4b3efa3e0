import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { words } from '../words';
import type { Recording } from './listing';

interface Given {
  readonly recordings: readonly Recording[];
  /** All tags there are, and on how many recordings each is. */
  readonly known: Readonly<Record<string, number>>;
}

/** Tags that are to be put on all the recordings, and taken off all of them. */
export interface TagWish {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Chooses tags: those that only some of the recordings have stay so unless somebody decides. */
@Component({
  selector: 'a-tag-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './tag-dialog.html',
  styleUrl: './tag-dialog.scss',
})
export class TagDialog {
  protected readonly words = words.library.tagDialog;
  protected readonly dialog = inject<DialogRef<TagWish>>(DialogRef);
  protected readonly given = inject<Given>(DIALOG_DATA);
  private readonly added = signal<readonly string[]>([]);
  private readonly decided = signal<ReadonlyMap<string, boolean>>(new Map());

  protected readonly tags = computed(() => {
    const known = Object.keys(this.given.known).sort((a, b) => a.localeCompare(b));
    return [...new Set([...this.added(), ...known])].map((name) => {
      const on = this.given.recordings.filter((one) => one.tags.includes(name)).length;
      const decided = this.decided().get(name);
      return {
        name,
        count: this.given.known[name] ?? 0,
        checked: decided ?? (on > 0 && on === this.given.recordings.length),
        some: decided === undefined && on > 0 && on < this.given.recordings.length,
      };
    });
  });

  protected decide(name: string, on: boolean): void {
    this.decided.update((all) => new Map(all).set(name, on));
  }

  /** Put what was typed among the tags, checked. */
  protected add(field: HTMLInputElement): void {
    const name = field.value.trim().replace(/\s+/g, ' ');
    field.value = '';
    if (!name) return;
    if (!(name in this.given.known)) this.added.update((all) => [name, ...all]);
    this.decide(name, true);
  }

  protected save(field: HTMLInputElement): void {
    this.add(field);
    const decided = [...this.decided()];
    this.dialog.close({
      add: decided.filter(([, on]) => on).map(([name]) => name),
      remove: decided.filter(([, on]) => !on).map(([name]) => name),
    });
  }
}

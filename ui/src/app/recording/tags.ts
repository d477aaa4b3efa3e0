import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { LucideX } from '@lucide/angular';
import { api, got } from '../api/client';
import { words } from '../words';
import { OpenRecording } from './open-recording';

/** The recording's tags: add one by typing it, take one away by its cross. */
@Component({
  selector: 'a-tags',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideX],
  template: `
    <ul>
      @for (tag of tags(); track tag) {
        <li class="tag">
          <span dir="auto">{{ tag }}</span>
          <button type="button" [attr.aria-label]="words.remove(tag)" (click)="remove(tag)">
            <svg lucideX [size]="14"></svg>
          </button>
        </li>
      }
    </ul>
    <input
      #field
      class="input"
      dir="auto"
      list="known-tags"
      maxlength="100"
      [attr.aria-label]="words.add"
      [placeholder]="words.add"
      (focus)="learn()"
      (keydown.enter)="add(field)"
      (change)="add(field)"
    />
    <datalist id="known-tags">
      @for (tag of suggested(); track tag) {
        <option [value]="tag"></option>
      }
    </datalist>
  `,
  styleUrl: './tags.scss',
})
export class Tags {
  protected readonly words = words.recording.tags;
  private readonly open = inject(OpenRecording);
  private readonly known = signal<readonly string[]>([]);
  private readonly field = viewChild.required<ElementRef<HTMLInputElement>>('field');
  protected readonly tags = computed(() => this.open.recording()?.tags ?? []);
  protected readonly suggested = computed(() =>
    this.known().filter((tag) => !this.tags().includes(tag)),
  );

  protected add(field: HTMLInputElement): void {
    const tag = field.value.trim();
    field.value = '';
    if (tag && !this.tags().includes(tag)) void this.open.setTags([...this.tags(), tag]);
  }

  protected remove(tag: string): void {
    void this.open.setTags(this.tags().filter((one) => one !== tag));
    // The button that had the focus goes with its tag.
    this.field().nativeElement.focus();
  }

  protected async learn(): Promise<void> {
    try {
      this.known.set(Object.keys(await got(api.GET('/api/v1/tags'))));
    } catch {
      // Nothing is suggested; any tag can be typed.
    }
  }
}

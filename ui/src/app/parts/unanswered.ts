import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  input,
  output,
  untracked,
} from '@angular/core';
import { sentenceOf, Unreachable } from '../api/client';
import { connection } from '../api/connection';
import { words } from '../words';

/**
 * Says why something is not here, and offers to try again. That the server does not answer at all is said above every
 * page: then it asks `again` by itself as soon as the server is back.
 */
@Component({
  selector: 'a-unanswered',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (!unreachable()) {
      <div class="notice fault" role="alert">
        <span dir="auto">{{ sentence() }}</span>
        <button type="button" class="button" (click)="again.emit()">{{ words.again }}</button>
      </div>
    }
  `,
  styles: `
    .notice {
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      margin-bottom: 16px;
    }
  `,
})
export class Unanswered {
  readonly error = input.required<unknown>();
  readonly again = output();
  protected readonly words = words.frame;
  protected readonly sentence = computed(() => sentenceOf(this.error()));
  protected readonly unreachable = computed(() => this.error() instanceof Unreachable);

  constructor() {
    effect(() => {
      if (this.unreachable() && !connection.lost()) untracked(() => this.again.emit());
    });
  }
}

import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import { sentenceOf } from '../api/client';
import { adminWords } from '../words/admin';

/** Says why something is not here, and offers to try again. */
@Component({
  selector: 'a-unanswered',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="notice fault" role="alert">
      <span dir="auto">{{ sentence() }}</span>
      <button type="button" class="button" (click)="again.emit()">{{ words.again }}</button>
    </div>
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
  protected readonly words = adminWords;
  protected readonly sentence = computed(() => sentenceOf(this.error()));
}

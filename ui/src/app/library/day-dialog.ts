import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { words } from '../words';

/** Asks for two days; answers with them as the address has them. */
@Component({
  selector: 'a-day-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); show(from.value, to.value)">
      <h2 id="days-title">{{ words.title }}</h2>
      <div class="days">
        <div class="field">
          <label for="from-day">{{ words.from }}</label>
          <input #from class="input" id="from-day" type="date" required [value]="before[0] ?? ''" />
        </div>
        <div class="field">
          <label for="to-day">{{ words.to }}</label>
          <input #to class="input" id="to-day" type="date" required [value]="before[1] ?? ''" />
        </div>
      </div>
      <div role="alert">
        @if (wrong()) {
          <p class="notice fault">{{ words.order }}</p>
        }
      </div>
      <div class="actions">
        <button type="button" class="button" (click)="dialog.close()">{{ words.cancel }}</button>
        <button type="submit" class="button primary">{{ words.submit }}</button>
      </div>
    </form>
  `,
  styles: `
    .days {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(160px, 1fr));
      gap: 0 16px;
      margin-top: 12px;
    }
  `,
})
export class DayDialog {
  protected readonly words = words.library.dayDialog;
  protected readonly dialog = inject<DialogRef<string>>(DialogRef);
  protected readonly before = inject<string>(DIALOG_DATA).split('..');
  protected readonly wrong = signal(false);

  protected show(from: string, to: string): void {
    if (from > to) return this.wrong.set(true);
    this.dialog.close(`${from}..${to}`);
  }
}

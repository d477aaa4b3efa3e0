import { ChangeDetectionStrategy, Component, computed, inject, input, output } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { Notices } from '../frame/notices';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { words } from '../words';

/** The most days the server takes. */
const MOST = 36_500;

/** How long one's own recordings stay. */
@Component({
  selector: 'a-retention',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault],
  template: `
    <form (submit)="save($event)" novalidate>
      <a-fault [text]="sending.fault()" />
      <div class="field">
        <label for="days">{{ words.label }}</label>
        <div class="row">
          <input
            class="input figures"
            id="days"
            name="days"
            inputmode="numeric"
            autocomplete="off"
            aria-describedby="days-hint"
            [value]="me()?.retention_days ?? ''"
            [disabled]="me() === null"
          />
          <button class="button" [attr.aria-disabled]="sending.busy() || me() === null || null">
            {{ words.save }}
          </button>
        </div>
        <p class="hint" id="days-hint">{{ hint() }}</p>
      </div>
    </form>
  `,
  styles: `
    .field {
      margin: 0;
    }

    .row {
      display: flex;
      gap: 8px;
    }

    .input {
      width: 120px;
    }

    .button {
      min-height: 40px;
    }

    .hint {
      min-height: 40px;
      max-width: 60ch;
      margin: 4px 0 0;
    }
  `,
})
export class Retention {
  readonly me = input.required<Wire<'Me'> | null>();
  readonly limits = input.required<Wire<'Limits'> | null>();
  readonly saved = output<Wire<'Me'>>();
  protected readonly words = words.account.retention;
  protected readonly sending = new Sending();
  protected readonly hint = computed(() => {
    const limits = this.limits();
    if (limits === null) return '';
    const { days, forever, hint } = this.words;
    const usual = limits.retention_days === null ? forever : days(limits.retention_days);
    return hint(usual, days(limits.trash_days));
  });
  private readonly notices = inject(Notices);

  protected async save(event: Event): Promise<void> {
    const text = textOf(fieldsOf(event), 'days').trim();
    if (this.me() === null) return;
    const days = text === '' ? null : Number(text);
    if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= MOST)) {
      this.sending.refuse(this.words.wrong);
      return;
    }
    await this.sending.run(async () => {
      const body = { retention_days: days };
      this.saved.emit(await got(api.PATCH('/api/v1/users/me', { body })));
      this.notices.say(this.words.saved(days));
    });
  }
}

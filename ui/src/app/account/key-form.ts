import {
  afterNextRender,
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  output,
} from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { words } from '../words';

type Scope = Wire<'NewKey'>['scopes'][number];

const EVERYBODYS: readonly Scope[] = ['transcribe', 'read', 'write'];
/** Good for admins only. */
const ADMINS: readonly Scope[] = ['metrics', 'admin'];
const USUAL_DAYS = 90;

/** What a new key is for, what it may do, and for how long. */
@Component({
  selector: 'a-key-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault],
  template: `
    <form (submit)="submit($event)" (keydown.escape)="left.emit()">
      <a-fault [text]="sending.fault()" />
      <div class="pair">
        <div class="field">
          <label for="key-name">{{ words.name }}</label>
          <input
            class="input"
            id="key-name"
            name="name"
            maxlength="200"
            autocomplete="off"
            required
          />
        </div>
        <div class="field">
          <label for="key-days">{{ words.days }}</label>
          <select class="input" id="key-days" name="days">
            @for (span of words.spans; track span.name) {
              <option [value]="span.days ?? ''" [selected]="span.days === usual">
                {{ span.name }}
              </option>
            }
          </select>
        </div>
      </div>
      <fieldset>
        <legend>{{ words.may }}</legend>
        @for (scope of scopes(); track scope) {
          <label class="check">
            <input type="checkbox" name="scopes" [value]="scope" [checked]="isUsual(scope)" />
            <span
              ><b>{{ scope }}</b
              >&ngsp;<span class="quiet">{{ words.scopes[scope] }}</span></span
            >
          </label>
        }
      </fieldset>
      <div class="actions">
        <button class="button primary" [attr.aria-disabled]="sending.busy() || null">
          {{ sending.busy() ? words.busy : words.submit }}
        </button>
        <button type="button" class="button" (click)="left.emit()">{{ words.cancel }}</button>
      </div>
    </form>
  `,
  styles: `
    .pair {
      display: grid;
      grid-template-columns: minmax(0, 2fr) minmax(120px, 1fr);
      gap: 0 16px;
    }

    fieldset {
      display: flex;
      flex-direction: column;
      gap: 6px;
      margin: 0 0 16px;
      padding: 0;
      border: 0;
    }

    legend {
      margin-bottom: 6px;
      padding: 0;
      font-weight: 500;
      font-size: 14px;
    }

    .actions {
      display: flex;
      gap: 8px;
    }
  `,
})
export class KeyForm {
  readonly owner = input<string>();
  readonly isAdmin = input.required<boolean>();
  readonly made = output<Wire<'MadeKey'>>();
  /** No key is made after all. */
  readonly left = output();
  protected readonly words = words.account.keys;
  protected readonly usual = USUAL_DAYS;
  protected readonly sending = new Sending();
  protected readonly scopes = computed(() => [...EVERYBODYS, ...(this.isAdmin() ? ADMINS : [])]);

  constructor() {
    const page: ElementRef<HTMLElement> = inject(ElementRef);
    afterNextRender(() => page.nativeElement.querySelector('input')?.focus());
  }

  protected isUsual(scope: Scope): boolean {
    return EVERYBODYS.includes(scope);
  }

  protected async submit(event: Event): Promise<void> {
    const fields = fieldsOf(event);
    const scopes = fields.getAll('scopes') as Scope[];
    if (scopes.length === 0) {
      this.sending.refuse(this.words.needsScope);
      return;
    }
    const body = {
      name: textOf(fields, 'name'),
      days: Number(textOf(fields, 'days')) || null,
      scopes,
    };
    const owner = this.owner();
    const params = { query: owner ? { user_id: owner } : {} };
    await this.sending.run(async () => {
      this.made.emit(await got(api.POST('/api/v1/keys', { body, params })));
    });
  }
}

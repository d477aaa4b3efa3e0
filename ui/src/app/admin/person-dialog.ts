import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { api, got, type Wire } from '../api/client';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { peopleWords } from '../words/admin';
import { bytesIn, inGigabytes, numberIn, wholeIn } from './limits';
import type { Person } from './people';

type Role = 'admin' | 'member';
type Change = Wire<'PersonChange'>;

/** Adds a person, or changes one; closes with them as they are then. */
@Component({
  selector: 'a-person-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault],
  templateUrl: './person-dialog.html',
  styles: `
    h2 {
      margin-bottom: 8px;
    }

    .pair {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
      gap: 0 16px;
    }

    fieldset {
      margin: 0;
      padding: 0;
      border: 0;
    }

    legend {
      padding: 0;
      font-weight: 500;
    }
  `,
})
export class PersonDialog {
  protected readonly words = peopleWords.person;
  /** Null for somebody new. */
  protected readonly person = inject<Person | null>(DIALOG_DATA);
  protected readonly dialog = inject<DialogRef<Person>>(DialogRef);
  protected readonly sending = new Sending();
  protected readonly roles: readonly Role[] = ['member', 'admin'];
  protected readonly space = inGigabytes(this.person?.quota_space ?? null);

  protected async submit(event: Event): Promise<void> {
    const fields = fieldsOf(event);
    const name = textOf(fields, 'name');
    const role = textOf(fields, 'role') as Role;
    const { person } = this;
    const change = person && this.limitsIn(fields);
    if (change === undefined) return;
    await this.sending.run(async () => {
      this.dialog.close(
        await (person && change
          ? changed(person, { name, role, ...change })
          : got(api.POST('/api/v1/users', { body: { name, role } }))),
      );
    });
  }

  /** The limits as they were typed; says which one is wrong, and answers undefined then. */
  private limitsIn(fields: FormData): Change | undefined {
    const { words } = this;
    const space = bytesIn(textOf(fields, 'space'));
    const minutes = numberIn(textOf(fields, 'minutes'));
    const jobs = wholeIn(textOf(fields, 'jobs'));
    const days = wholeIn(textOf(fields, 'retention'));
    if (space === undefined) this.sending.refuse(words.wrong(words.space));
    else if (minutes === undefined) this.sending.refuse(words.wrong(words.minutes));
    else if (jobs === undefined) this.sending.refuse(words.wrongWhole(words.jobs));
    else if (days === undefined) this.sending.refuse(words.wrongWhole(words.retention));
    else {
      return {
        quota_space: space,
        quota_minutes: minutes,
        max_open_jobs: jobs,
        retention_days: days,
      };
    }
    return undefined;
  }
}

/** Send only what is other, so that the audit names only that. */
function changed(person: Person, wanted: Change): Promise<Person> {
  const facts = person as unknown as Record<string, unknown>;
  const other = Object.entries(wanted).filter(([name, value]) => facts[name] !== value);
  return got(
    api.PATCH('/api/v1/users/{user_id}', {
      params: { path: { user_id: person.id } },
      body: Object.fromEntries(other) as Change,
    }),
  );
}

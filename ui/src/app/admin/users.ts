import { Dialog } from '@angular/cdk/dialog';
import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { LucideEllipsis, LucidePlus } from '@lucide/angular';
import { firstValueFrom } from 'rxjs';
import { api, got, type Wire } from '../api/client';
import { Session } from '../api/session';
import { size } from '../format/amounts';
import { MomentPipe } from '../format/pipes';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { peopleWords } from '../words/admin';
import { KeysDialog } from './keys-dialog';
import { LinkDialog } from './link-dialog';
import { everybody, type Person } from './people';
import { PersonDialog } from './person-dialog';
import { Unanswered } from '../parts/unanswered';

/** Who may come in, as what, and how much they may use. */
@Component({
  selector: 'a-users',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuItem,
    CdkMenuTrigger,
    Unanswered,
    LucideEllipsis,
    LucidePlus,
    MatTooltip,
    MomentPipe,
  ],
  templateUrl: './users.html',
  styleUrl: './users.scss',
})
export class UsersPage {
  protected readonly words = peopleWords.users;
  protected readonly common = peopleWords;
  protected readonly session = inject(Session);
  protected readonly people = signal<readonly Person[] | null>(null);
  protected readonly error = signal<unknown>(null);
  private readonly dialog = inject(Dialog);
  private readonly confirm = inject(Confirm);
  private readonly notices = inject(Notices);

  constructor() {
    void this.load();
  }

  protected async load(): Promise<void> {
    try {
      this.people.set(await everybody());
      this.error.set(null);
    } catch (error) {
      this.error.set(error);
    }
  }

  protected spaceOf(person: Person): string {
    const allowed = person.quota_space;
    return this.words.space(size(person.space), allowed === null ? null : size(allowed));
  }

  protected async add(): Promise<void> {
    const person = await this.edit(null);
    if (person !== undefined) await this.makeLink(person);
  }

  protected async change(person: Person): Promise<void> {
    const changed = await this.edit(person);
    if (changed !== undefined) this.notices.say(peopleWords.person.saved(changed.name));
  }

  protected showKeys(person: Person): void {
    this.dialog.open(KeysDialog, {
      data: person,
      ariaLabelledBy: 'keys-of',
      backdropClass: 'backdrop',
    });
  }

  protected async askForLink(person: Person): Promise<void> {
    const { linkTitle, linkWhy: text, linkYes: yes } = this.words;
    if (await this.confirm.ask({ title: linkTitle(person.name), text, yes }))
      await this.makeLink(person);
  }

  protected async disable(person: Person): Promise<void> {
    const { disableTitle, disableWhy: text, disableYes: yes } = this.words;
    if (await this.confirm.ask({ title: disableTitle(person.name), text, yes, danger: true }))
      await this.lock(person, true);
  }

  protected async lock(person: Person, disabled: boolean): Promise<void> {
    try {
      const params = { path: { user_id: person.id } };
      const body = { disabled };
      this.show(await got(api.PATCH('/api/v1/users/{user_id}', { params, body })));
      const { disabledNow, enabledNow } = this.words;
      this.notices.say((disabled ? disabledNow : enabledNow)(person.name));
    } catch (error) {
      this.notices.fail(error);
    }
  }

  /** Ask for the facts of a person, a new one where there is none; undefined where nothing is done. */
  private async edit(person: Person | null): Promise<Person | undefined> {
    const asked = this.dialog.open<Person>(PersonDialog, {
      data: person,
      ariaLabelledBy: 'person',
      backdropClass: 'backdrop',
    });
    const changed = await firstValueFrom(asked.closed);
    if (changed === undefined) return undefined;
    this.show(changed);
    // An admin who has renamed themselves goes by that name from now on.
    if (changed.id === this.session.user()?.id) this.session.enter(changed);
    return changed;
  }

  private async makeLink(person: Person): Promise<void> {
    try {
      const params = { path: { user_id: person.id } };
      const link: Wire<'MadeLink'> = await got(
        api.POST('/api/v1/users/{user_id}/setup-link', { params }),
      );
      const data = { link, name: person.name };
      this.dialog.open(LinkDialog, { data, ariaLabelledBy: 'link', backdropClass: 'backdrop' });
    } catch (error) {
      this.notices.fail(error);
    }
  }

  /** Put a person where they belong in the list. */
  private show(person: Person): void {
    this.people.update((all) =>
      [...(all ?? []).filter((one) => one.id !== person.id), person].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ),
    );
  }
}

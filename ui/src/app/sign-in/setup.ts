import {
  ChangeDetectionStrategy,
  Component,
  effect,
  ElementRef,
  inject,
  signal,
  viewChild,
} from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import { api, got, Refused, sentenceOf, type Wire } from '../api/client';
import { Session } from '../api/session';
import { keep, kept } from '../frame/kept';
import { Fault } from '../parts/fault';
import { fieldsOf, Sending, textOf } from '../parts/form';
import { words } from '../words';
import { Open } from './open';
import { PasswordField } from './password-field';
import { TitlePage } from './title-page';

/** Under this a tab keeps the secret of its link until it is used, so that the page can be loaded again. */
const KEPT = 'setup';

/** A set-up link leads here: somebody chooses a password, and the first admin a name too. */
@Component({
  selector: 'a-setup',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Fault, Open, PasswordField, RouterLink, TitlePage],
  templateUrl: './setup.html',
  styleUrl: './sign-in.scss',
})
export class Setup {
  protected readonly words = words.signIn;
  protected readonly session = inject(Session);
  protected readonly sending = new Sending();
  /** Who the link is for; null while that is unknown. */
  protected readonly invited = signal<Wire<'LinkModel'> | null>(null);
  /** Why the link leads nowhere. */
  protected readonly fault = signal('');
  /** Whether asking once more may help. */
  protected readonly passing = signal(false);
  private readonly router = inject(Router);
  private readonly form = viewChild<ElementRef<HTMLFormElement>>('form');
  private token = kept(KEPT, '', 'sessionStorage');

  constructor() {
    effect(() => {
      const form = this.form()?.nativeElement;
      form?.querySelector<HTMLInputElement>('input:not([readonly])')?.focus();
    });
    inject(ActivatedRoute)
      .fragment.pipe(takeUntilDestroyed())
      .subscribe((secret) => void this.take(secret ?? ''));
  }

  protected async look(): Promise<void> {
    this.invited.set(null);
    this.fault.set('');
    this.passing.set(false);
    try {
      const body = { token: this.token };
      this.invited.set(await got(api.POST('/api/v1/setup/look', { body })));
    } catch (error) {
      this.fault.set(sentenceOf(error));
      this.passing.set(!(error instanceof Refused && error.status < 429));
    }
  }

  protected async submit(event: Event): Promise<void> {
    const fields = fieldsOf(event);
    const body = {
      token: this.token,
      password: textOf(fields, 'password'),
      name: this.invited()?.first ? textOf(fields, 'name') : null,
    };
    const done = await this.sending.run(async () => {
      this.session.enter((await got(api.POST('/api/v1/setup', { body }))).user);
    });
    if (!done) return;
    keep(KEPT, undefined, 'sessionStorage');
    await this.router.navigateByUrl('/');
  }

  /** Take the secret out of the address, where it could be seen or copied, and ask whom it is for. */
  private async take(secret: string): Promise<void> {
    if (!this.session.asksWho) return;
    if (secret) {
      this.token = secret;
      keep(KEPT, secret, 'sessionStorage');
      // That leads here again.
      await this.router.navigateByUrl('/setup', { replaceUrl: true });
    } else if (this.token) {
      await this.look();
    } else {
      this.fault.set(this.words.setup.incomplete);
    }
  }
}

import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { addressOf, api, got, sentenceOf, type Wire } from '../api/client';
import { Session } from '../api/session';
import { Notices } from '../frame/notices';
import { Fault } from '../parts/fault';
import { PageHead } from '../parts/page-head';
import { words } from '../words';
import { ChangePassword } from './change-password';
import { Keys } from './keys';
import { MyData } from './my-data';
import { Retention } from './retention';
import { Sessions } from './sessions';
import { ThemeChoice } from './theme-choice';
import { Used } from './used';

/** Who I am here, what I use, and what I let in. */
@Component({
  selector: 'a-account',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [ChangePassword, Fault, Keys, MyData, PageHead, Retention, Sessions, ThemeChoice, Used],
  templateUrl: './account.html',
  styleUrl: './account.scss',
})
export class Account {
  protected readonly words = words.account;
  protected readonly session = inject(Session);
  protected readonly me = signal<Wire<'Me'> | null>(null);
  protected readonly days = signal<readonly Wire<'Day'>[]>([]);
  protected readonly limits = signal<Wire<'Limits'> | null>(null);
  protected readonly fault = signal('');
  protected readonly swagger = addressOf('/docs');
  protected readonly redoc = addressOf('/redoc');
  private readonly notices = inject(Notices);

  constructor() {
    void this.load();
  }

  protected async load(): Promise<void> {
    this.fault.set('');
    try {
      const [me, days, info] = await Promise.all([
        got(api.GET('/api/v1/users/me')),
        got(api.GET('/api/v1/users/me/usage', { params: { query: { days: 30 } } })),
        got(api.GET('/api/v1/info')),
      ]);
      this.days.set(days);
      this.limits.set(info.limits);
      this.me.set(me);
    } catch (error) {
      this.fault.set(sentenceOf(error));
    }
  }

  protected async signOut(): Promise<void> {
    try {
      await this.session.signOut();
      // A page begun anew: nothing of what this person saw stays in memory.
      location.assign(addressOf('/sign-in'));
    } catch (error) {
      this.notices.fail(error);
    }
  }
}

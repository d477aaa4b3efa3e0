import { computed, Injectable, signal } from '@angular/core';
import { api, got, Refused, root, type Wire } from './client';
import { expiry } from './expiry';

/** Who uses this page. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly known = signal<Wire<'SignedInUser'> | null>(null);

  readonly user = this.known.asReadonly();
  readonly isAdmin = computed(() => this.known()?.role === 'admin');
  private readonly asks = signal(document.documentElement.dataset['auth'] !== 'off');
  private readonly nobody = signal(document.documentElement.dataset['nobody'] === 'true');

  /** False where the server asks nobody who they are. */
  get asksWho(): boolean {
    return this.asks();
  }

  /** Nobody can sign in yet: the first admin has to follow the set-up link. */
  get nobodyYet(): boolean {
    return this.nobody();
  }

  /** Find out who is signed in; null for nobody. */
  async find(): Promise<Wire<'SignedInUser'> | null> {
    if (this.known() !== null) return this.known();
    try {
      const { user, expires_at } = await got(api.GET('/api/v1/session'));
      // A page that `make dev` serves says nothing of it, but a session without an end is none.
      if (expires_at === null) this.asks.set(false);
      this.enter(user);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    return this.known();
  }

  async signIn(name: string, password: string): Promise<void> {
    this.enter((await got(api.POST('/api/v1/session', { body: { name, password } }))).user);
  }

  /**
   * Find out whether somebody has signed in again elsewhere, as in another tab.
   *
   * Where that is somebody else, the page begins anew: what it shows is not theirs.
   */
  async renew(): Promise<void> {
    try {
      const { user } = await got(api.GET('/api/v1/session'));
      if (user.id === this.known()?.id) this.enter(user);
      else location.assign(root + '/');
    } catch {
      // Still nobody.
    }
  }

  async signOut(): Promise<void> {
    try {
      await got(api.DELETE('/api/v1/session'));
    } catch (error) {
      // A session that is over already is what was wanted.
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    this.leave();
  }

  /** Nobody is signed in any more. */
  leave(): void {
    expiry.watch(false);
    this.known.set(null);
  }

  /** Somebody is signed in now. */
  enter(user: Wire<'SignedInUser'>): void {
    this.known.set(user);
    this.nobody.set(false);
    expiry.watch(this.asksWho);
    expiry.resume();
  }
}

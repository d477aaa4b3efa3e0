import { computed, Injectable, signal } from '@angular/core';
import { api, got, Refused, type Wire } from './client';
import { expiry } from './expiry';

/** Who uses this page. */
@Injectable({ providedIn: 'root' })
export class Session {
  private readonly known = signal<Wire<'SignedInUser'> | null>(null);

  readonly user = this.known.asReadonly();
  readonly isAdmin = computed(() => this.known()?.role === 'admin');
  /** False where the server asks nobody who they are. */
  readonly asksWho = document.documentElement.dataset['auth'] !== 'off';
  /** Nobody can sign in yet: the first admin has to follow the set-up link. */
  readonly nobodyYet = document.documentElement.dataset['nobody'] === 'true';

  /** Find out who is signed in; null for nobody. */
  async find(): Promise<Wire<'SignedInUser'> | null> {
    if (this.known() !== null) return this.known();
    try {
      this.enter((await got(api.GET('/api/v1/session'))).user);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    return this.known();
  }

  async signIn(name: string, password: string): Promise<void> {
    this.enter((await got(api.POST('/api/v1/session', { body: { name, password } }))).user);
  }

  async signOut(): Promise<void> {
    expiry.watch(false);
    await got(api.DELETE('/api/v1/session'));
    this.known.set(null);
  }

  /** Somebody is signed in now. */
  enter(user: Wire<'SignedInUser'>): void {
    this.known.set(user);
    expiry.watch(this.asksWho);
    expiry.resume();
  }
}

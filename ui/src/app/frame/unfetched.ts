import { inject } from '@angular/core';
import { type NavigationError, Router } from '@angular/router';
import { addressOf, api } from '../api/client';
import { Notices } from './notices';

/**
 * A page could not be opened. Where its files could not be fetched, the server is away, which is said, or it
 * has become another version with other files, which is then loaded.
 */
export async function unfetched({ error, url }: NavigationError): Promise<void> {
  const [router, notices] = [inject(Router), inject(Notices)];
  // Browsers agree on the kind of this error and on this word in it.
  if (!(error instanceof TypeError && /import/i.test(error.message))) throw error;
  try {
    await api.GET('/api/v1/info');
    if (router.navigated) location.assign(addressOf(url));
  } catch (why) {
    notices.fail(why);
  }
}

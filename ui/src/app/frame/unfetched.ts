import { ErrorHandler, inject, Injectable } from '@angular/core';
import { type NavigationError, Router } from '@angular/router';
import { addressOf, api } from '../api/client';
import { words } from '../words';
import { Notices } from './notices';

/**
 * A page could not be opened. Where its files could not be fetched, the server is away, which is said, or it
 * has become another version with other files, which is then loaded.
 */
export async function unfetched({ error, url }: NavigationError): Promise<void> {
  const [router, notices] = [inject(Router), inject(Notices)];
  if (!isUnfetched(error)) throw error;
  if (!(await isThere())) return;
  // What has just been loaded as a whole would be loaded for nothing again, and again.
  if (router.navigated) location.assign(addressOf(url));
  else offer(notices);
}

/** Nobody waits for these errors; where a dialog or the like could not be fetched, people are told of it. */
@Injectable()
export class Faults extends ErrorHandler {
  private readonly notices = inject(Notices);

  override handleError(error: unknown): void {
    if (isUnfetched(error)) void this.explain();
    else super.handleError(error);
  }

  private async explain(): Promise<void> {
    if (await isThere()) offer(this.notices);
  }
}

/** Whether a part of the app could not be fetched: browsers agree on the kind of error and on this word in it. */
function isUnfetched(error: unknown): boolean {
  return error instanceof TypeError && /import/i.test(error.message);
}

/** Whether the server answers; where it does not, that is said above every page. */
async function isThere(): Promise<boolean> {
  try {
    await api.GET('/api/v1/info');
    return true;
  } catch {
    return false;
  }
}

/** The page is loaded anew when people say so: they may be in the middle of something. */
function offer(notices: Notices): void {
  const { newVersion, loadNew } = words.frame;
  notices.fail(new Error(newVersion), { name: loadNew, act: () => location.reload() });
}

/** Where somebody goes after signing in. */

import type { Router } from '@angular/router';
import { root } from '../api/client';

/** A path of ours; two slashes in a row, or a backslash, would name another host. */
const PATH =
  /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+(\?[A-Za-z0-9._~%&=+:,-]*)?(#[A-Za-z0-9._~%&=+:,-]*)?$/;
/** Here people are not signed in yet. */
const BEFORE = /^\/(sign-in|setup)\b/;
/** Pages of the server's own, outside of the app. */
const OUTSIDE = /^\/(docs|redoc)\b/;

/** The place to go on to; the library where none of ours was wanted. */
export function inside(wanted: string | undefined): string {
  return wanted && PATH.test(wanted) && !BEFORE.test(wanted) ? wanted : '/';
}

/** Go to a place that `inside` gave. */
export async function goOn(router: Router, place: string): Promise<void> {
  if (OUTSIDE.test(place)) location.assign(root + place);
  else await router.navigateByUrl(place);
}

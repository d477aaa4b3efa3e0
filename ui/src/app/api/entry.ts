import { inject } from '@angular/core';
import { type CanActivateFn, Router, type UrlTree } from '@angular/router';
import { Session } from './session';

/** Lets in who is signed in; others sign in first and then come here. */
export const signedIn: CanActivateFn = async (_route, state): Promise<boolean | UrlTree> => {
  const router = inject(Router);
  if (await inject(Session).find()) return true;
  const next = state.url === '/' ? {} : { queryParams: { next: state.url } };
  return router.createUrlTree(['/sign-in'], next);
};

/** Lets admins in. */
export const adminOnly: CanActivateFn = async (): Promise<boolean | UrlTree> => {
  const router = inject(Router);
  const user = await inject(Session).find();
  return user?.role === 'admin' || router.createUrlTree(['/']);
};

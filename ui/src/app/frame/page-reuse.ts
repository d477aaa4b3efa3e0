import { type ActivatedRouteSnapshot, BaseRouteReuseStrategy } from '@angular/router';

/** A page is of one thing: another `:id` in the address is another page, and no late answer gets into it. */
export class PageReuse extends BaseRouteReuseStrategy {
  override shouldReuseRoute(future: ActivatedRouteSnapshot, now: ActivatedRouteSnapshot): boolean {
    return super.shouldReuseRoute(future, now) && future.params['id'] === now.params['id'];
  }
}

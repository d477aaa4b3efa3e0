/** Everybody there is. */

import { api, got, type Wire } from '../api/client';
import { everyPage } from './every-page';

export type Person = Wire<'PersonModel'>;

/** All people, by name. */
export function everybody(): Promise<Person[]> {
  return everyPage((cursor) =>
    got(api.GET('/api/v1/users', { params: { query: { limit: 200, ...(cursor && { cursor }) } } })),
  );
}

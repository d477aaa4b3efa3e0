/** Records of the audit as sentences. */

import type { Wire } from '../api/client';
import { peopleWords } from '../words/admin';

export type Event = Wire<'EventModel'>;

export interface Line {
  readonly id: string;
  readonly at: string;
  readonly who: string;
  readonly did: string;
  readonly address: string | null;
  readonly request: string | null;
}

/** Actions of which no account is known, since somebody was not let in. */
const STRANGERS = 'session.refused';

/** Who did what, in words; `names` are people's names by their ids. */
export function lineOf(event: Event, names: ReadonlyMap<string, string>): Line {
  const { audit } = peopleWords;
  const owner = event.detail['owner'];
  const say = audit.did[event.action];
  const subject = names.get(event.subject) ?? event.subject;
  const did = say
    ? say({
        subject,
        owner: typeof owner === 'string' && owner !== event.user_id ? nameOf(owner, names) : '',
        detail: event.detail,
        self: event.subject === event.user_id,
      })
    : audit.unknown(event.action, subject);
  return {
    id: event.id,
    at: event.at,
    who: event.user_id === null ? unknown(event) : nameOf(event.user_id, names),
    did,
    address: event.address,
    request: event.request_id,
  };
}

function nameOf(id: string, names: ReadonlyMap<string, string>): string {
  return names.get(id) ?? peopleWords.audit.gone;
}

function unknown(event: Event): string {
  const { stranger, server } = peopleWords.audit;
  return event.action === STRANGERS ? stranger : server;
}

/** What a record of the audit is about, as its sentence needs it. */
export interface Deed {
  /** Whom or what it was done to: a person's name where it is a person. */
  readonly subject: string;
  /** Whose it is, where that is somebody else. */
  readonly owner: string;
  /** Further facts, as the server noted them. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Whether it was done to who did it. */
  readonly self: boolean;
}

const recordings = (n: unknown) => (n === 1 ? '1 recording' : `${Number(n)} recordings`);
const jobs = (n: unknown) => (n === 1 ? '1 job' : `${Number(n)} jobs`);
const of = (owner: string) => (owner ? ` of ${owner}` : '');

export const adminPeople = {
  loading: 'Asking the server …',

  users: {
    title: 'Users',
    add: 'Add a person',
    count: (n: number) => (n === 1 ? '1 person' : `${n} people`),
    roles: { admin: 'Admin', member: 'Member' } as Record<string, string>,
    you: 'you',
    disabled: 'disabled',
    waiting: 'no password yet',
    since: 'since',
    space: (used: string, allowed: string | null) => (allowed ? `${used} of ${allowed}` : used),
    more: (name: string) => `More for ${name}`,
    change: 'Change …',
    keys: 'API keys …',
    link: 'New set-up link …',
    disable: 'Disable …',
    enable: 'Enable',
    disableTitle: (name: string) => `Disable ${name}?`,
    disableWhy:
      'They are signed out everywhere and their keys are refused. What is theirs stays, and you can enable them again.',
    disableYes: 'Disable',
    disabledNow: (name: string) => `${name} is disabled.`,
    enabledNow: (name: string) => `${name} is enabled.`,
    linkTitle: (name: string) => `Make a new set-up link for ${name}?`,
    linkWhy:
      'With it they choose a new password. Older links are void; their password stays until they use this one.',
    linkYes: 'Make the link',
  },

  person: {
    addTitle: 'Add a person',
    addWhy: 'They choose their password themselves, by a link that you send them.',
    changeTitle: (name: string) => `Change ${name}`,
    name: 'Name',
    role: 'Role',
    roles: {
      member: 'Member: sees what is theirs',
      admin: 'Admin: looks after people and the installation',
    } as Record<string, string>,
    limits: 'Limits',
    limitsWhy: 'Left empty, a limit is as the settings say for everybody.',
    space: 'Space (GB)',
    minutes: 'Minutes of audio a day',
    jobs: 'Open jobs at once',
    retention: 'Recordings stay (days)',
    wrong: (field: string) => `${field} has to be a number that is not negative, or empty.`,
    wrongWhole: (field: string) => `${field} has to be a whole number from 1 on, or empty.`,
    cancel: 'Cancel',
    add: 'Add and make the link',
    save: 'Save',
    busy: 'Saving …',
    saved: (name: string) => `${name} is changed.`,
  },

  link: {
    title: (name: string) => `The set-up link of ${name}`,
    why: 'Send it on a way that only they can read: whoever opens it chooses the password. It is not shown again.',
    until: (moment: string) => `It works once, until ${moment}.`,
    copy: 'Copy the link',
    done: 'I have it',
  },

  keysOf: {
    title: (name: string) => `API keys of ${name}`,
    none: 'No keys.',
    close: 'Close',
  },

  usage: {
    title: 'Usage',
    range: 'Time',
    ranges: [
      { days: 7, name: '7 days' },
      { days: 30, name: '30 days' },
      { days: 90, name: '90 days' },
    ] as readonly { days: number; name: string }[],
    everybody: 'Everybody',
    byPerson: 'By person',
    person: 'Person',
    audio: 'Audio',
    jobs: 'Jobs',
    bytes: 'Taken in',
    perDay: 'Audio a day',
    none: 'none',
    nothing: 'Nobody had anything transcribed in this time.',
    chart: (name: string, days: number, most: string) =>
      `${name}: audio on each of the last ${days} days, at most ${most} on one.`,
    table: 'Day by day, as a table',
    day: 'Day (UTC)',
  },

  audit: {
    title: 'Audit',
    who: 'Person',
    everybody: 'Everybody',
    what: 'What',
    when: 'When',
    everything: 'Everything',
    kinds: [
      { action: 'session', name: 'Signing in and out' },
      { action: 'user.', name: 'People' },
      { action: 'password.', name: 'Passwords' },
      { action: 'link.', name: 'Set-up links' },
      { action: 'key.', name: 'API keys' },
      { action: 'recording', name: 'Recordings' },
      { action: 'transcript', name: 'Exports' },
      { action: 'job', name: 'Jobs' },
      { action: 'model.', name: 'Models' },
    ] as readonly { action: string; name: string }[],
    times: [
      { days: 1, name: 'In 24 hours' },
      { days: 7, name: 'In 7 days' },
      { days: 30, name: 'In 30 days' },
    ] as readonly { days: number; name: string }[],
    ever: 'Ever',
    nobody: 'Nothing of that kind is noted.',
    older: 'Show older',
    server: 'The server',
    stranger: 'Somebody',
    gone: 'somebody who is gone',
    request: (id: string) => `Request ${id}`,
    /** What was done, to go on from a name: "anna" + "signed in". */
    did: {
      'session.begun': () => 'signed in',
      'session.ended': () => 'signed out',
      'sessions.ended': (it) =>
        it.self ? 'signed out everywhere' : `signed ${it.subject} out everywhere`,
      'session.refused': (it) => `tried to sign in as ${it.subject} and was refused`,
      'password.changed': () => 'chose a new password',
      'password.reset': (it) => `took the password of ${it.subject} away`,
      'link.made': (it) => `made a set-up link for ${it.subject}`,
      'key.made': (it) => `made the API key ${it.subject}${it.owner ? ` for ${it.owner}` : ''}`,
      'key.revoked': (it) => `revoked the API key ${it.subject}`,
      'user.added': (it) =>
        `added ${it.subject} as ${it.detail['role'] === 'admin' ? 'an admin' : 'a member'}`,
      'user.renamed': (it) =>
        `gave ${String(it.detail['before'])} the name ${String(it.detail['name'])}`,
      'user.disabled': (it) => `disabled ${it.subject}`,
      'user.enabled': (it) => `enabled ${it.subject} again`,
      'user.role': (it) =>
        `made ${it.subject} ${it.detail['role'] === 'admin' ? 'an admin' : 'a member'}`,
      'user.limits': (it) => `changed the limits of ${it.subject}`,
      'user.exported': () => 'downloaded everything of theirs',
      'user.erased': () => 'erased everything of theirs',
      'recording.deleted': (it) => `put the recording ${it.subject} into the trash`,
      'recording.erased': (it) => `erased the recording ${it.subject} for ever`,
      'recordings.delete': (it) => `put ${recordings(it.detail['detail'])} into the trash`,
      'recordings.restore': (it) =>
        `brought ${recordings(it.detail['detail'])} back from the trash`,
      'recordings.tag': (it) => `tagged ${recordings(it.detail['detail'])}`,
      'recordings.untag': (it) => `took a tag off ${recordings(it.detail['detail'])}`,
      'transcript.exported': (it) =>
        `exported the transcript of ${it.subject} as ${String(it.detail['format'])}`,
      'transcripts.exported': (it) =>
        `exported the transcripts of ${recordings(it.detail['recordings'])}`,
      'job.retried': (it) => `had the job ${it.subject}${of(it.owner)} tried again`,
      'job.cancelled': (it) => `stopped the job ${it.subject}${of(it.owner)}`,
      'jobs.retried': (it) => `had ${jobs(it.detail['jobs'])} that gave up tried again`,
      'model.fetched': (it) => `fetched the model ${it.subject}`,
      'model.removed': (it) => `removed the model ${it.subject}`,
      'model.loaded': (it) => `loaded the model ${it.subject}`,
      'model.unloaded': (it) => `unloaded the model ${it.subject}`,
    } as Record<string, (it: Deed) => string>,
    /** For what an older version of this page does not know. */
    unknown: (action: string, subject: string) => (subject ? `${action}: ${subject}` : action),
  },
};

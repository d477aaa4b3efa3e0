/** What admins read, apart from the rest: only their pages fetch it. */

export { admin as adminWords } from './en/admin';
export { adminPeople as peopleWords } from './en/admin-people';

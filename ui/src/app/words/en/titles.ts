const of = (page: string) => `${page} · Auricle`;

export const titles = {
  account: of('Account'),
  add: of('Add'),
  admin: of('Admin'),
  library: of('Library'),
  live: of('Live'),
  lost: of('Not found'),
  recording: of('Recording'),
  setup: of('Set-up'),
  signIn: of('Sign in'),
  trash: of('Trash'),
  of,
};

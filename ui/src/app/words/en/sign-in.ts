export const signIn = {
  again: 'Your session is over',
  againWhy: 'Sign in again to go on. Nothing you typed is lost.',
  name: 'Name',
  password: 'Password',
  submit: 'Sign in',
};

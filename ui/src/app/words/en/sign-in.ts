export const signIn = {
  again: 'Your session is over',
  againWhy: (name: string) => `Sign in again as ${name} to go on. Nothing you typed is lost.`,
  somebodyElse: 'Sign in as somebody else',
  leaveWhy: 'What is not saved yet is lost then.',
  brand: 'Auricle',
  tagline: 'A reading room for speech',
  title: 'Sign in',
  name: 'Name',
  password: 'Password',
  newPassword: 'New password',
  show: (field: string) => `Show the ${field.toLowerCase()}`,
  shown: 'Hide',
  hidden: 'Show',
  submit: 'Sign in',
  busy: 'Signing in …',
  forgotten:
    'No password yet, or forgotten it? An admin sends you a link to choose one; on the server, auricle users setup-link makes it.',
  advice: (shortest: number) =>
    `At least ${shortest} characters. Three or four words in a row are easy to keep in mind and hard to guess.`,

  nobody: {
    title: 'Almost ready',
    yet: 'Nobody can sign in here yet. When Auricle started, it printed a set-up link: open it to choose your name and password.',
    once: 'The link works once, for 24 hours. To get a new one, run this where Auricle runs:',
    command: 'auricle users setup-link',
    done: 'I have a password',
    programs: 'Programs do not wait for that: they come in with an API key of',
    programsCommand: 'auricle keys create',
    programsAsk: 'What they can ask is on the',
    apiPages: 'API pages',
  },

  open: {
    title: 'Nobody has to sign in',
    why: 'This Auricle answers to its own machine only and lets in whoever works there, because AURICLE_AUTH is off. With AURICLE_AUTH=on, people sign in and programs need an API key.',
    go: 'Go to the library',
  },

  setup: {
    title: 'Set-up',
    first: 'Welcome to Auricle',
    firstWhy:
      'You are the first here, and will look after this installation: choose a name and a password.',
    welcome: (name: string) => `Welcome, ${name}`,
    why: 'Choose a password. From then on you sign in with it and your name.',
    looking: 'Asking whom this link is for …',
    incomplete: 'This address is not complete: open the whole set-up link, to its last character.',
    submit: 'Save and sign in',
    busy: 'Saving …',
    again: 'Try again',
  },
};

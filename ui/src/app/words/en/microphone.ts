export const microphone = {
  title: 'Record here',
  how: 'What you record is kept in this browser while you speak, so a reload or a crash loses nothing.',
  source: {
    label: 'Record',
    microphone: 'Microphone',
    tab: 'Sound of a tab or the screen',
    both: 'Both',
  },
  device: { label: 'Microphone', usual: 'The usual one' },
  clean: {
    label: 'Reduce noise and echo',
    hint: 'Good for speech into a laptop; leave it off for music and good microphones.',
  },
  noTab: 'This browser cannot record the sound of a tab.',
  start: 'Record',
  starting: 'Waiting for the microphone …',
  pause: 'Pause',
  resume: 'Go on',
  stop: 'Stop',
  discard: 'Discard',
  level: 'Sound level',
  recording: 'Recording',
  paused: 'Paused',
  silent: 'No sound is coming in. Is the right microphone chosen, and is it switched on?',
  name: 'Title of the recording',
  listen: 'Listen to it',
  transcribe: 'Transcribe',
  defaultTitle: (when: string) => `Recording of ${when}`,
  discardAsk: {
    title: 'Discard this recording?',
    text: (length: string) => `${length} of sound are gone then, for good.`,
    yes: 'Discard',
  },
  sent: 'It is on its way. This browser keeps its copy until the server has it.',
  unfinished: {
    title: 'Not sent yet',
    one: (length: string, when: string) =>
      `A recording of ${length} from ${when} was not sent to the server.`,
    keep: 'Transcribe',
    discard: 'Discard',
    busy: 'Putting it together …',
  },
  ended: 'The microphone is gone. What was recorded until then is kept.',
  sourceEnded: 'The sound was switched off. What was recorded until then is kept.',
  faults: {
    insecure:
      'Browsers record on encrypted pages only: open Auricle by https, or on the machine itself as localhost.',
    unsupported: 'This browser cannot record. Current Firefox, Chrome, Edge and Safari can.',
    refused:
      'The browser may not use the microphone. Allow it for this page (the sign beside the address), then try again.',
    none: 'No microphone was found. Connect one, then try again.',
    busy: 'The microphone is used by another program. Close that, then try again.',
    noSound:
      'That tab or screen was shared without its sound. Share it again with sound switched on.',
    cancelled: 'Nothing was chosen to record.',
    full: 'This browser has no room left to keep the sound. The recording was stopped; what was said until then is kept.',
    noStore:
      'This browser keeps nothing (a private window?), so a reload would lose what is recorded. Send it before you leave.',
    other: (reason: string) => `The recording could not begin: ${reason}`,
  },
};

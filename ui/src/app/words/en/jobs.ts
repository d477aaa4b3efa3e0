/** What jobs do, and how they end. */
export const jobs = {
  states: {
    none: 'not transcribed',
    queued: 'waiting',
    running: 'working',
    done: 'done',
    failed: 'failed',
    dead: 'gave up',
    cancelled: 'stopped',
  } as Record<string, string>,
  stages: {
    prepare: 'Reading the audio',
    language: 'Finding the language',
    transcribe: 'Writing down what is said',
    assemble: 'Putting the parts together',
    preview: 'Making a copy the browser can play',
  } as Record<string, string>,
  part: (done: number, parts: number) => `part ${Math.min(done + 1, parts)} of ${parts}`,
  position: (n: number) => (n === 1 ? 'next in line' : `${n}. in line`),
  attempt: (n: number) => `attempt ${n}`,
};

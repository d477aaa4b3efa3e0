/** Amounts as people say them. */
export const units = {
  seconds: (n: number) => (n === 1 ? '1 second' : `${n} seconds`),
  minutes: (n: number) => (n === 1 ? '1 minute' : `${n} minutes`),
  hours: (n: number) => (n === 1 ? '1 hour' : `${n} hours`),
  left: (time: string) => `about ${time} left`,
  timesRealTime: (n: string) => `${n}x real time`,
};

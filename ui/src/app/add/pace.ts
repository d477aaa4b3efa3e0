/** How long (ms) back the speed is measured: long enough to be steady, short enough to be true. */
const WINDOW = 5000;

/** The speed of a transfer, from how far it was and when. */
export class Pace {
  private marks: { readonly sent: number; readonly at: number }[] = [];

  /** So many bytes are sent at this time (ms). */
  note(sent: number, at = performance.now()): void {
    // A part that is sent again makes the sum smaller: what was measured before says nothing any more.
    if (sent < (this.marks.at(-1)?.sent ?? 0)) this.marks = [];
    this.marks.push({ sent, at });
    while (at - (this.marks[1]?.at ?? at) > WINDOW) this.marks.shift();
  }

  /** Bytes per second; 0 while unknown. */
  rate(): number {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.at - first.at < 200) return 0;
    return ((last.sent - first.sent) / (last.at - first.at)) * 1000;
  }

  forget(): void {
    this.marks = [];
  }
}

import { computed, Injectable, signal } from '@angular/core';
import { api, got } from '../api/client';
import type { Job } from '../api/job-feed';
import { joined } from './transcript/spelling';

/** A sentence or so, as the worker has just heard it. */
export interface HeardSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The part of the recording it belongs to: parts are heard side by side. */
  readonly part: number;
}

/** Heard text that is read in one go. */
export interface Paragraph {
  readonly key: string;
  readonly start: number;
  readonly text: string;
  /** The text grows at its end. */
  readonly growing: boolean;
}

/** A pause as long as this (s), or as many letters, begin a new paragraph. */
const PAUSE = 1.5;
const LONG = 500;

/** What a running job has heard so far; each part of the recording grows for itself. */
@Injectable()
export class HeardText {
  private readonly parts = signal<ReadonlyMap<number, readonly HeardSegment[]>>(new Map());
  private readonly newest = signal(0);
  private job = '';
  private after = '';
  private asking = false;
  private again = false;

  readonly paragraphs = computed(() =>
    [...this.parts()]
      .sort(([one], [other]) => one - other)
      .flatMap(([part, segments]) => heardParagraphs(part, segments, part === this.newest())),
  );

  /** Bring the text of this job up to date: call it with each new state of the job. */
  async follow(job: Job): Promise<void> {
    if (this.job !== job.id) this.begin(job.id);
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        await this.ask();
      } while (this.again);
    } catch {
      // The next state of the job asks again; what was read stays.
    } finally {
      this.asking = false;
    }
  }

  private begin(job: string): void {
    this.job = job;
    this.after = '';
    this.parts.set(new Map());
  }

  private async ask(): Promise<void> {
    const job_id = this.job;
    const params = { path: { job_id }, query: { after: this.after } };
    const heard = await got(api.GET('/api/v1/jobs/{job_id}/segments', { params }));
    if (this.job !== job_id) return;
    this.after = heard.next;
    const segments = heard.segments as unknown as HeardSegment[];
    if (segments.length || heard.reset.length) this.add(segments, heard.reset);
  }

  private add(segments: readonly HeardSegment[], reset: readonly number[]): void {
    const parts = new Map(this.parts());
    for (const part of reset) parts.delete(part);
    for (const one of segments) parts.set(one.part, [...(parts.get(one.part) ?? []), one]);
    const last = segments.at(-1);
    if (last) this.newest.set(last.part);
    this.parts.set(parts);
  }
}

/** The segments of one part as paragraphs; the last one may be growing still. */
export function heardParagraphs(
  part: number,
  segments: readonly HeardSegment[],
  growing: boolean,
): Paragraph[] {
  const paragraphs: { start: number; texts: string[]; letters: number }[] = [];
  let reached = -Infinity;
  for (const { start, end, text } of segments) {
    const current = paragraphs.at(-1);
    if (current && start - reached <= PAUSE && current.letters < LONG) {
      current.texts.push(text);
      current.letters += text.length;
    } else {
      paragraphs.push({ start, texts: [text], letters: text.length });
    }
    reached = end;
  }
  return paragraphs.map(({ start, texts }, place) => ({
    key: `${part}:${start}`,
    start,
    text: texts.reduce(joined),
    growing: growing && place === paragraphs.length - 1,
  }));
}

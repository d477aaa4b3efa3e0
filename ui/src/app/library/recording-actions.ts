import { Dialog } from '@angular/cdk/dialog';
import { inject, Injectable } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { api, got, Refused } from '../api/client';
import { type Job, JobFeed } from '../api/job-feed';
import { Notices } from '../frame/notices';
import { words as all } from '../words';
import { inChunks } from './chunks';
import { Listing, type Recording } from './listing';
import type { TagWish } from './tag-dialog';

const words = all.library;

/** The feed hears of jobs that are open when the server looks, once a second (ms, with time to spare). */
const LOOKED = 2500;

/** What can be done with one recording or many, and what people are told about it. */
@Injectable({ providedIn: 'root' })
export class RecordingActions {
  private readonly listing = inject(Listing);
  private readonly feed = inject(JobFeed);
  private readonly notices = inject(Notices);
  private readonly dialog = inject(Dialog);

  /** Give a recording a title; false where somebody else gave it another one meanwhile, which is shown now. */
  async rename(recording: Recording, title: string): Promise<boolean> {
    const path = { recording_id: recording.id };
    try {
      const renamed = await got(
        api.PATCH('/api/v1/recordings/{recording_id}', {
          params: { path, header: { 'if-match': `"${recording.version}"` } },
          body: { title },
        }),
      );
      this.listing.put(renamed);
      return true;
    } catch (error) {
      if (!(error instanceof Refused && error.status === 412)) throw error;
      const newest = await got(api.GET('/api/v1/recordings/{recording_id}', { params: { path } }));
      this.listing.put(newest);
      // Something else about it changed, such as its tags: that is no reason to ask.
      if (newest.title === recording.title) return this.rename(newest, title);
      this.notices.say(words.renamedMeanwhile(newest.title));
      return false;
    }
  }

  /** Try again what failed or was stopped. */
  async retry(recording: Recording): Promise<void> {
    const job_id = recording.job_id;
    if (job_id === null) return this.transcribe(recording);
    await this.doing(async () => {
      const job = await got(
        api.POST('/api/v1/jobs/{job_id}/retry', { params: { path: { job_id } } }),
      );
      this.follow(job);
      this.notices.say(words.queued(recording.title));
      void this.listing.count();
    });
  }

  /** Transcribe a recording, the way it was before where it has been. */
  async transcribe(recording: Recording): Promise<void> {
    const { id, job_id } = recording;
    await this.doing(async () => {
      const job =
        job_id === null
          ? await got(
              api.POST('/api/v1/jobs', {
                body: { recording_id: id, options: {}, priority: 'normal' },
              }),
            )
          : await got(api.POST('/api/v1/jobs/{job_id}/rerun', { params: { path: { job_id } } }));
      this.listing.put({ ...recording, job_id: job.id, state: job.state, error: null });
      this.follow(job);
      this.notices.say(
        recording.transcript_id
          ? words.queuedAgain(recording.title)
          : words.queued(recording.title),
      );
      void this.listing.count();
    });
  }

  /** Stop the job of a recording. */
  async stop(recording: Recording): Promise<void> {
    const job_id = recording.job_id;
    if (job_id === null) return;
    await this.doing(async () => {
      this.feed.tell(
        await got(api.POST('/api/v1/jobs/{job_id}/cancel', { params: { path: { job_id } } })),
      );
      this.notices.say(words.stopped(recording.title));
      void this.listing.count();
    });
  }

  /** Put recordings in the trash; a notice offers to bring them back. True where that was done. */
  async delete(recordings: readonly Recording[]): Promise<boolean> {
    const before = this.listing.items();
    const ids = recordings.map((one) => one.id);
    return this.doing(async () => {
      await this.change(ids, 'delete');
      this.listing.drop(new Set(ids));
      this.notices.say(words.deleted(ids.length, recordings[0]?.title ?? ''), {
        name: all.frame.undo,
        act: () => void this.undelete(ids, before),
      });
    });
  }

  /** Bring recordings back from the trash. */
  async restore(ids: readonly string[]): Promise<readonly Recording[]> {
    return this.change(ids, 'restore');
  }

  /** Let people choose the tags of these recordings. */
  async tag(recordings: readonly Recording[]): Promise<void> {
    const { TagDialog } = await import('./tag-dialog');
    const asked = this.dialog.open<TagWish>(TagDialog, {
      data: { recordings, known: this.listing.counts()?.tags ?? {} },
      ariaLabelledBy: 'tags-title',
      backdropClass: 'backdrop',
    });
    const wish = await firstValueFrom(asked.closed);
    if (!wish) return;
    const ids = recordings.map((one) => one.id);
    await this.doing(async () => {
      for (const tag of wish.add)
        (await this.change(ids, 'tag', tag)).forEach((one) => this.listing.put(one));
      for (const tag of wish.remove)
        (await this.change(ids, 'untag', tag)).forEach((one) => this.listing.put(one));
      this.notices.say(words.tagDialog.saved(ids.length));
      void this.listing.count();
    });
  }

  /** Let people choose formats, and give them the transcripts as a ZIP file. */
  async export(recordings: readonly Recording[]): Promise<void> {
    const { ExportDialog } = await import('./export-dialog');
    this.dialog.open(ExportDialog, {
      data: recordings,
      ariaLabelledBy: 'export-title',
      autoFocus: 'first-heading',
      backdropClass: 'backdrop',
    });
  }

  private async undelete(ids: readonly string[], before: readonly Recording[]): Promise<void> {
    await this.doing(async () => {
      const back = await this.restore(ids);
      this.listing.putBack(back, before);
      this.notices.say(words.restored(back.length, back[0]?.title ?? ''));
    });
  }

  /** Tell the feed of a job, and once more later, since it may end before the feed has ever seen it open. */
  private follow(job: Job): void {
    this.feed.tell(job);
    const path = { job_id: job.id };
    setTimeout(() => {
      // Without an answer the row says what the feed says.
      void got(api.GET('/api/v1/jobs/{job_id}', { params: { path } })).then(
        (now) => this.feed.tell(now),
        () => undefined,
      );
    }, LOOKED);
  }

  private async change(
    ids: readonly string[],
    action: 'delete' | 'restore' | 'tag' | 'untag',
    tag?: string,
  ): Promise<Recording[]> {
    const changed = [];
    for (const chunk of inChunks(ids)) {
      const body = { ids: chunk, action, ...(tag !== undefined && { tag }) };
      changed.push(...(await got(api.POST('/api/v1/recordings/bulk', { body }))));
    }
    return changed;
  }

  private async doing(what: () => Promise<void>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      this.notices.fail(error);
      return false;
    }
  }
}

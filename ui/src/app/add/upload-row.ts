import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  output,
  signal,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import { RouterLink } from '@angular/router';
import { LucidePause, LucidePlay, LucideX } from '@lucide/angular';
import { api, got } from '../api/client';
import { ENDED, JobFeed } from '../api/job-feed';
import { roughly, size } from '../format/amounts';
import { Confirm } from '../frame/confirm';
import { Notices } from '../frame/notices';
import { ProgressLine } from '../parts/progress-line';
import { words } from '../words';
import { faultOf, jobLine } from './job-line';
import type { Upload } from './upload';
import { Uploads } from './uploads';

/** One file: how far it is, what became of it, and what can be done. */
@Component({
  selector: 'a-upload-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucidePause, LucidePlay, LucideX, MatTooltip, ProgressLine, RouterLink],
  templateUrl: './upload-row.html',
  styleUrl: './upload-row.scss',
})
export class UploadRow {
  readonly upload = input.required<Upload>();
  /** The row is about to go: the focus has to go somewhere. */
  readonly removed = output();

  protected readonly words = words.add;
  protected readonly uploads = inject(Uploads);
  private readonly confirm = inject(Confirm);
  private readonly feed = inject(JobFeed);
  private readonly notices = inject(Notices);
  protected readonly busy = signal(false);

  protected readonly title = computed(() => this.upload().title());
  protected readonly job = this.feed.of(computed(() => this.upload().job()));
  protected readonly twin = computed(() => this.upload().isTwin());
  protected readonly fault = computed(() => {
    const job = this.job();
    return this.upload().state() === 'refused'
      ? this.upload().sentence()
      : job && !this.twin()
        ? faultOf(job)
        : '';
  });
  /** 0 to 1, null while unknown, -1 for nothing to show. */
  protected readonly progress = computed(() => {
    const state = this.upload().state();
    const job = this.job();
    if (state === 'done') return job && !this.twin() && !ENDED.has(job.state) ? job.progress : -1;
    if (state === 'refused') return -1;
    return state === 'joining' ? null : this.upload().part();
  });
  protected readonly line = computed(() => this.lineOf(this.upload()));

  protected act(name: string): string {
    return words.add.acts.of(name, this.title());
  }

  protected async remove(): Promise<void> {
    const upload = this.upload();
    const said = words.add.giveUp;
    const question = {
      title: said.title(upload.name),
      text: said.text(size(upload.sent())),
      yes: said.yes,
      danger: true,
    };
    const much = upload.uploadId !== null && upload.state() !== 'done' && upload.sent() > 0;
    if (much && !(await this.confirm.ask(question))) return;
    this.removed.emit();
    await this.uploads.remove(upload);
  }

  protected chosen(picker: HTMLInputElement): void {
    const file = picker.files?.[0];
    picker.value = '';
    if (!file) return;
    try {
      this.uploads.resumeWith(this.upload(), file);
    } catch (error) {
      this.notices.fail(error);
    }
  }

  protected resumeFromHandle(): void {
    this.uploads
      .resumeFromHandle(this.upload())
      .catch((error: unknown) => this.notices.fail(error));
  }

  /** Have the older recording transcribed once more, with the options of now. */
  protected async transcribeAgain(): Promise<void> {
    const upload = this.upload();
    await this.whileBusy(async () => {
      const { options, priority } = upload.wishes;
      const body = { recording_id: upload.recording() ?? '', options, priority };
      const job = await got(api.POST('/api/v1/jobs', { body }));
      this.feed.tell(job);
      upload.job.set(job.id);
      upload.again.set(true);
    });
  }

  protected async retryJob(id: string): Promise<void> {
    await this.whileBusy(async () => {
      const params = { path: { job_id: id } };
      this.feed.tell(await got(api.POST('/api/v1/jobs/{job_id}/retry', { params })));
    });
  }

  private async whileBusy(act: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    try {
      await act();
    } catch (error) {
      this.notices.fail(error);
    } finally {
      this.busy.set(false);
    }
  }

  private lineOf(upload: Upload): string {
    const said = words.add.states;
    const [sent, total] = [size(upload.sent()), size(upload.size)];
    switch (upload.state()) {
      case 'waiting':
        return said.waiting;
      case 'sending':
        return [said.sending(sent, total), ...this.speedOf(upload)].join(' · ');
      case 'joining':
        return said.joining;
      case 'paused':
        return said.paused(sent, total);
      case 'offline':
        return said.offline;
      case 'unfinished':
        return upload.handle ? said.unfinishedHandle(sent, total) : said.unfinished(sent, total);
      case 'later':
      case 'refused':
        return upload.sentence();
      case 'done':
        return this.doneLine();
    }
  }

  private speedOf(upload: Upload): string[] {
    const speed = upload.speed();
    if (speed <= 0) return [];
    const left = (upload.size - upload.sent()) / speed;
    return [words.add.states.speed(size(speed)), words.units.left(roughly(left))];
  }

  private doneLine(): string {
    const job = this.job();
    // A line of its own says so, with the way to what is there.
    if (this.twin()) return '';
    if (!job) return words.add.states.done;
    return faultOf(job) || jobLine(job);
  }
}

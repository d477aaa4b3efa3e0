import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal } from '@angular/core';
import { api, got, sentenceOf, type Wire } from '../api/client';
import { keep, kept } from '../frame/kept';
import { Notices } from '../frame/notices';
import { words } from '../words';
import { MOST } from './chunks';
import { saveFile } from './save-file';
import type { Recording } from './listing';

/** Chooses formats and makes a ZIP file of the transcripts; the formats are remembered. */
@Component({
  selector: 'a-export-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './export-dialog.html',
  styles: `
    ul {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
      gap: 4px 16px;
      min-height: 72px;
      margin: 0 0 16px;
      padding: 0;
      list-style: none;
    }

    fieldset {
      margin: 8px 0 0;
      border: 0;
      padding: 0;
    }

    legend {
      margin-bottom: 8px;
      font-weight: 500;
      font-size: 14px;
    }
  `,
})
export class ExportDialog {
  protected readonly words = words.library.exportDialog;
  protected readonly dialog = inject<DialogRef<void>>(DialogRef);
  protected readonly recordings = inject<readonly Recording[]>(DIALOG_DATA);
  private readonly notices = inject(Notices);
  protected readonly ids = this.recordings.filter((one) => one.transcript_id).map((one) => one.id);
  protected readonly without = this.recordings.length - this.ids.length;
  protected readonly most = MOST;
  protected readonly formats = signal<readonly Wire<'FormatModel'>[]>([]);
  protected readonly chosen = signal<ReadonlySet<string>>(
    new Set(kept('library.formats', ['docx'])),
  );
  protected readonly fault = signal<string | null>(null);
  protected readonly making = signal(false);
  private readonly leaving = new AbortController();

  constructor() {
    this.dialog.closed.subscribe(() => this.leaving.abort());
    void this.find();
  }

  protected choose(name: string, on: boolean): void {
    const chosen = new Set(this.chosen());
    if (on) chosen.add(name);
    else chosen.delete(name);
    this.chosen.set(chosen);
    this.fault.set(null);
  }

  protected async submit(event: Event): Promise<void> {
    event.preventDefault();
    const formats = this.formats()
      .map((one) => one.name)
      .filter((name) => this.chosen().has(name));
    if (formats.length === 0) return this.fault.set(this.words.choose);
    keep('library.formats', formats);
    this.making.set(true);
    try {
      await this.make(formats);
    } catch (error) {
      if (!this.leaving.signal.aborted) this.fault.set(sentenceOf(error));
    } finally {
      this.making.set(false);
    }
  }

  private async make(formats: string[]): Promise<void> {
    const file = await got(
      api.POST('/api/v1/exports', {
        body: { recording_ids: this.ids, formats },
        parseAs: 'blob',
        signal: this.leaving.signal,
      }),
    );
    saveFile(file as Blob, this.words.file);
    this.notices.say(this.words.done(this.ids.length));
    this.dialog.close();
  }

  private async find(): Promise<void> {
    try {
      this.formats.set(await got(api.GET('/api/v1/formats')));
    } catch (error) {
      this.fault.set(sentenceOf(error));
    }
  }
}

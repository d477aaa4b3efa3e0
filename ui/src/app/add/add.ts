import { BreakpointObserver } from '@angular/cdk/layout';
import { ChangeDetectionStrategy, Component, computed, inject, signal } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { LucideChevronDown, LucideUpload } from '@lucide/angular';
import { map } from 'rxjs';
import { Installation } from '../api/installation';
import { count, size } from '../format/amounts';
import { PageHead } from '../parts/page-head';
import { words } from '../words';
import { Choices } from './choices';
import { Intake } from './intake';
import { Microphone } from './microphone/microphone';
import { UploadRow } from './upload-row';
import { Uploads } from './uploads';
import { WishesForm } from './wishes-form';

/** Where recordings come in: drop, paste, choose or record them, and see what becomes of them. */
@Component({
  selector: 'a-add',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideChevronDown, LucideUpload, Microphone, PageHead, UploadRow, WishesForm],
  templateUrl: './add.html',
  styleUrl: './add.scss',
})
export class Add {
  protected readonly words = words.add;
  protected readonly choices = inject(Choices);
  protected readonly intake = inject(Intake);
  protected readonly uploads = inject(Uploads);
  private readonly installation = inject(Installation);

  /** The newest first. */
  protected readonly list = computed(() => [...this.uploads.list()].reverse());
  protected readonly done = computed(() =>
    this.uploads.list().some((one) => one.state() === 'done'),
  );
  protected readonly limit = computed(() => {
    const most = this.installation.info()?.limits;
    if (!most) return '';
    return words.add.drop.limit(size(most.max_upload), count(most.max_duration / 3600));
  });
  protected readonly narrow = toSignal(
    inject(BreakpointObserver)
      .observe('(max-width: 1000px)')
      .pipe(map((found) => found.matches)),
    { initialValue: false },
  );
  protected readonly unfolded = signal(false);

  constructor() {
    void this.installation.load();
    this.choices.tags.set('');
    this.choices.title.set('');
  }

  protected chosen(picker: HTMLInputElement, folder: boolean): void {
    const files = [...(picker.files ?? [])];
    picker.value = '';
    if (files.length === 0) return;
    if (folder) this.intake.takeFolder(files);
    else this.intake.take({ files: files.map((file) => ({ file })), inFolders: [] });
  }
}

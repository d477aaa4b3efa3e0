import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import { MatTooltip } from '@angular/material/tooltip';
import {
  LucideCheck,
  LucideChevronLeft,
  LucideCloudOff,
  LucideDownload,
  LucideEllipsis,
  LucideListChecks,
  LucidePanelRight,
  LucidePencil,
  LucideRedo2,
  LucideRefreshCw,
  LucideSearch,
  LucideShare,
  LucideTrash2,
  LucideTriangleAlert,
  LucideUndo2,
} from '@lucide/angular';
import { addressOf } from '../api/client';
import { LibraryLink } from '../frame/library-place';
import { words } from '../words';
import { OpenRecording } from './open-recording';
import { TranscriptStore } from './transcript/transcript-store';

/** The recording's name, whether all is saved, and what can be done with it. */
@Component({
  selector: 'a-title-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    CdkMenu,
    CdkMenuItem,
    CdkMenuTrigger,
    LucideCheck,
    LucideChevronLeft,
    LucideCloudOff,
    LucideDownload,
    LucideEllipsis,
    LucideListChecks,
    LucidePanelRight,
    LucidePencil,
    LucideRedo2,
    LucideRefreshCw,
    LucideSearch,
    LucideShare,
    LucideTrash2,
    LucideTriangleAlert,
    LucideUndo2,
    MatTooltip,
    LibraryLink,
  ],
  templateUrl: './title-row.html',
  styleUrl: './title-row.scss',
})
export class TitleRow {
  /** Whether the panel at the side is shown as a sheet that has to be opened. */
  readonly narrow = input(false);
  readonly exportAsked = output();
  readonly rerunAsked = output();
  readonly panelAsked = output();
  readonly deleteAsked = output();

  protected readonly words = words.recording;
  protected readonly findWords = words.editing.find;
  protected readonly open = inject(OpenRecording);
  protected readonly store = inject(TranscriptStore);
  protected readonly title = computed(() => this.open.recording()?.title ?? '');
  protected readonly original = computed(() =>
    addressOf(`/api/v1/recordings/${this.open.recording()?.id ?? ''}/download`),
  );
  protected readonly editing = signal(false);
  private readonly field = viewChild<ElementRef<HTMLInputElement>>('field');
  private readonly name = viewChild<ElementRef<HTMLElement>>('name');

  /** Let the reader write another title. */
  edit(): void {
    this.editing.set(true);
    queueMicrotask(() => setTimeout(() => this.field()?.nativeElement.select()));
  }

  protected keep(text: string): void {
    if (!this.editing()) return;
    this.leave();
    const title = text.trim();
    if (title && title !== this.title()) void this.open.rename(title);
  }

  protected leave(): void {
    this.editing.set(false);
    setTimeout(() => this.name()?.nativeElement.focus());
  }
}

import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  output,
  signal,
} from '@angular/core';
import { LucideCircle, LucideMic, LucidePause, LucidePlay, LucideSquare } from '@lucide/angular';
import { Confirm } from '../../frame/confirm';
import { keep, kept } from '../../frame/kept';
import { position, precisely } from '../../format/amounts';
import { words } from '../../words';
import { Recorder, type Sound } from './recorder';
import { forget } from './recording-store';
import { canHearTabs, microphones, type SourceKind, type Wanted, whyNot } from './sources';
import { UnderWay, Unsent } from './unsent';

/** Something that was recorded here; `saved` is to be called once the server has it. */
export interface Recorded {
  readonly file: File;
  readonly title: string;
  readonly saved: () => void;
}

const KEPT = 'microphone';
const DEFAULTS: Wanted = { kind: 'microphone', device: '', clean: true };

/** Records in the browser: a microphone, a tab, or both. */
@Component({
  selector: 'a-microphone',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideCircle, LucideMic, LucidePause, LucidePlay, LucideSquare, Unsent],
  templateUrl: './microphone.html',
  styleUrl: './microphone.scss',
})
export class Microphone {
  readonly recorded = output<Recorded>();

  protected readonly words = words.microphone;
  protected readonly recorder = inject(Recorder);
  private readonly confirm = inject(Confirm);
  protected readonly impossible = whyNot();
  protected readonly tabs = canHearTabs();
  protected readonly wanted = signal<Wanted>({ ...DEFAULTS, ...kept<Partial<Wanted>>(KEPT, {}) });
  protected readonly devices = signal<readonly MediaDeviceInfo[]>([]);
  protected readonly title = signal('');
  private readonly underWay = inject(UnderWay);
  protected readonly address = signal('');
  protected readonly clock = computed(() => position(this.recorder.elapsed()));
  /** The loudness people hear grows with the logarithm of the amplitude: -60 dBFS is none. */
  protected readonly loudness = computed(() => {
    const decibels = 20 * Math.log10(Math.max(this.recorder.level(), 1e-6));
    return Math.max(0, Math.min(1, 1 + decibels / 60));
  });

  constructor() {
    if (this.impossible === null) void this.look();
    effect((onCleanup) => {
      const sound = this.recorder.sound();
      const address = sound ? URL.createObjectURL(sound.blob) : '';
      this.address.set(address);
      onCleanup(() => URL.revokeObjectURL(address));
    });
  }

  protected want(change: Partial<Wanted>): void {
    this.wanted.update((wanted) => ({ ...wanted, ...change }));
    keep(KEPT, this.wanted());
  }

  protected wantKind(kind: string): void {
    this.want({ kind: kind as SourceKind });
  }

  protected async start(): Promise<void> {
    this.title.set(words.microphone.defaultTitle(precisely(new Date().toISOString())));
    const wanted = this.tabs ? this.wanted() : { ...this.wanted(), kind: 'microphone' as const };
    await this.recorder.start(wanted, this.title());
    await this.look();
  }

  /** Hand over what was recorded; it stays in this browser until the server has it. */
  protected give({ session, blob }: Sound, title: string): void {
    const extension = { 'audio/mp4': 'm4a', 'audio/ogg': 'ogg' }[session.type] ?? 'webm';
    const name = `${title.replace(/[\\/:*?"<>|]+/g, '-').trim() || session.id}.${extension}`;
    const file = new File([blob], name, { type: session.type });
    this.underWay.add(session.id);
    this.recorded.emit({
      file,
      title: title.trim() || session.title,
      saved: () => void forget(session.id).catch(() => undefined),
    });
    if (session.id === this.recorder.sound()?.session.id) this.recorder.reset();
  }

  protected async discard(): Promise<void> {
    const { title, text, yes } = words.microphone.discardAsk;
    if (await this.confirm.ask({ title, text: text(this.clock()), yes, danger: true }))
      await this.recorder.discard();
  }

  private async look(): Promise<void> {
    this.devices.set(await microphones().catch(() => []));
  }
}

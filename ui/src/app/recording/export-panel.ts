import { Clipboard } from '@angular/cdk/clipboard';
import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  effect,
  inject,
  signal,
} from '@angular/core';
import { LucideCopy, LucideDownload } from '@lucide/angular';
import { addressOf, api, got, refusal, send, sentenceOf } from '../api/client';
import { size } from '../format/amounts';
import { keep, kept } from '../frame/kept';
import { Notices } from '../frame/notices';
import { words } from '../words';
import {
  asked,
  chosen,
  type Format,
  type FormatOption,
  isText,
  outside,
  possible,
  type Value,
  type Values,
} from './export-options';

/** A file as it would be downloaded now. */
interface Preview {
  /** Null where it is nothing to read, such as a PDF. */
  readonly text: string | null;
  readonly bytes: number;
  /** What the format could not show. */
  readonly warnings: readonly string[];
}

interface Choices {
  readonly format: string;
  readonly values: Readonly<Record<string, Values>>;
}

/** Letters of a text that are shown; all of it is in the file. */
const SHOWN = 20_000;
/** How long (ms) nothing has to change before a preview is asked for. */
const CALM = 250;

/** The transcript as a file: which format, how, and what it will look like. */
@Component({
  selector: 'a-export-panel',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [LucideCopy, LucideDownload],
  templateUrl: './export-panel.html',
  styleUrl: './export-panel.scss',
})
export class ExportPanel {
  protected readonly words = words.recording.exporting;
  protected readonly dialog = inject(DialogRef);
  private readonly recordingId = inject<string>(DIALOG_DATA);
  private readonly clipboard = inject(Clipboard);
  private readonly notices = inject(Notices);
  protected readonly size = size;

  protected readonly formats = signal<readonly Format[]>([]);
  protected readonly choices = signal(kept<Choices>('export', { format: 'txt', values: {} }));
  protected readonly preview = signal<Preview | null>(null);
  protected readonly problem = signal<string | null>(null);
  /** The field in which no number stands while somebody writes one: until then the default counts. */
  protected readonly unwritten = signal<FormatOption | null>(null);

  protected readonly format = computed(() => {
    const formats = this.formats();
    return formats.find((one) => one.name === this.choices().format) ?? formats[0];
  });
  protected readonly values = computed<Values>(
    () => this.choices().values[this.format()?.name ?? ''] ?? {},
  );
  protected readonly possible = computed(() => {
    const format = this.format();
    return format !== undefined && possible(format, this.values());
  });
  protected readonly address = computed(() => {
    const format = this.format();
    if (!format) return '';
    const query = new URLSearchParams({ format: format.name, ...asked(format, this.values()) });
    return addressOf(`/api/v1/recordings/${this.recordingId}/transcript?${query}`);
  });
  protected readonly copyable = computed(() => (this.preview()?.text ?? null) !== null);
  protected readonly shortened = computed(() => this.preview()?.text?.slice(0, SHOWN) ?? null);

  constructor() {
    void this.load();
    effect(() => keep('export', this.choices()));
    effect((done) => {
      const format = this.format();
      const address = this.address();
      if (!format || !this.possible()) return;
      const stop = new AbortController();
      const soon = setTimeout(() => void this.show(format, address, stop.signal), CALM);
      done(() => {
        clearTimeout(soon);
        stop.abort();
      });
    });
  }

  protected choose(format: string): void {
    this.choices.update((choices) => ({ ...choices, format }));
  }

  protected valueOf(option: FormatOption): Value {
    return chosen(option, this.values()) ?? (option.default as Value);
  }

  protected fault(option: FormatOption): string | null {
    const value = this.valueOf(option);
    const bounds = typeof value === 'number' ? outside(option, value) : null;
    return bounds && this.words.between(bounds.low, bounds.high);
  }

  protected label(option: FormatOption): string {
    return this.words.options[option.name] ?? option.name.replaceAll('_', ' ');
  }

  protected choiceName(choice: string): string {
    return this.words.choices[choice] ?? choice;
  }

  protected set(option: FormatOption, event: Event): void {
    const field = event.target as HTMLInputElement;
    const value = valueIn(field, option);
    this.unwritten.set(value === undefined ? option : null);
    const format = this.format()?.name ?? '';
    this.choices.update(({ format: current, values }) => ({
      format: current,
      values: { ...values, [format]: { ...values[format], [option.name]: value } },
    }));
  }

  protected reset(): void {
    const format = this.format()?.name ?? '';
    this.choices.update((choices) => ({
      ...choices,
      values: { ...choices.values, [format]: {} },
    }));
  }

  protected copy(): void {
    const text = this.preview()?.text;
    if (text === null || text === undefined) return;
    // The old way to copy works without HTTPS too, as in a home network.
    if (this.clipboard.copy(text)) this.notices.say(this.words.copied);
    else this.notices.fail(new Error(this.words.notCopied));
  }

  private async load(): Promise<void> {
    try {
      this.formats.set(await got(api.GET('/api/v1/formats')));
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }

  private async show(format: Format, address: string, signal: AbortSignal): Promise<void> {
    this.problem.set(null);
    try {
      const answer = await send(new Request(`${address}&preview=true`, { signal }));
      if (!answer.ok) throw refusal(answer, await answer.json().catch(() => null));
      const file = await answer.blob();
      const warnings = JSON.parse(answer.headers.get('x-auricle-warnings') ?? '[]') as string[];
      const text = isText(format) ? await file.text() : null;
      if (!signal.aborted) this.preview.set({ text, bytes: file.size, warnings });
    } catch (error) {
      if (signal.aborted) return;
      this.preview.set(null);
      this.problem.set(sentenceOf(error));
    }
  }
}

/** Undefined where no number stands in a field for one. */
function valueIn(field: HTMLInputElement, option: FormatOption): Value | undefined {
  if (option.kind === 'yes/no') return field.checked;
  if (!option.kind.endsWith('number')) return field.value;
  return Number.isNaN(field.valueAsNumber) ? undefined : field.valueAsNumber;
}

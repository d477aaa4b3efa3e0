/** What people choose for new recordings, what the engine can do of it, and how that is asked of the server. */

import { computed, inject, Injectable, signal } from '@angular/core';
import type { Wire } from '../api/client';
import { Installation } from '../api/installation';
import { Session } from '../api/session';
import { keep, kept } from '../frame/kept';
import { words } from '../words';

/** What is asked of the server with a file. */
export type Wishes = Wire<'Wishes'>;

/** Everything that can be chosen; empty text stands for "as installed". */
export interface Choice {
  readonly language: string;
  readonly engine: string;
  readonly model: string;
  /** How many people speak; null is as many as there are. */
  readonly speakers: number | null;
  readonly vocabulary: string;
  readonly prompt: string;
  readonly translate: boolean;
  readonly wordTimes: boolean;
  readonly split: boolean;
  readonly recheck: boolean;
  readonly vad: boolean;
  readonly multilingual: boolean;
  readonly priority: Wishes['priority'];
}

export const DEFAULTS: Choice = {
  language: '',
  engine: 'auto',
  model: '',
  speakers: null,
  vocabulary: '',
  prompt: '',
  translate: false,
  wordTimes: true,
  split: false,
  recheck: true,
  vad: true,
  multilingual: false,
  priority: 'normal',
};

/** Why something cannot be chosen, by its name in Choice. */
export type Reasons = Partial<Record<keyof Choice, string>>;

const KEPT = 'add.choice';
/** Choices that are options of the same meaning, by the server's name for each. */
const NAMES = {
  language: 'language',
  model: 'model',
  speakers: 'speakers',
  vocabulary: 'hotwords',
  prompt: 'prompt',
  wordTimes: 'word_times',
  recheck: 'recheck',
  vad: 'vad',
  multilingual: 'multilingual',
} as const;
/** The job itself does these with every engine. */
const ANY_ENGINE: ReadonlySet<string> = new Set(['recheck', 'vad', 'speakers']);

/** The engine that a choice means. */
export function engineOf(choice: Choice, info: Wire<'Info'>): Wire<'EngineModel'> | undefined {
  const installed = info.engine === 'auto' ? 'faster-whisper' : info.engine;
  const name = choice.engine === 'auto' ? installed : choice.engine;
  return info.engines.find((one) => one.name === name);
}

/** What cannot be chosen beside the rest of a choice, and why. */
export function reasonsOf(choice: Choice, info: Wire<'Info'>): Reasons {
  const reasons: Reasons = {};
  const engine = engineOf(choice, info);
  const said = words.add.reasons;
  if (!info.options.some((one) => one.name === NAMES.speakers)) reasons.speakers = said.noDiarizer;
  else if (choice.split) reasons.speakers = said.splitSpeakers;
  if (!engine) return reasons;
  if (engine.name === 'pocketsphinx') reasons.model = said.noModels(engine.name);
  if (!engine.translate) reasons.translate = said.not(engine.name);
  for (const one of ['vocabulary', 'prompt', 'wordTimes', 'multilingual'] as const)
    if (!ANY_ENGINE.has(NAMES[one]) && !engine.options.includes(NAMES[one]))
      reasons[one] = said.not(engine.name);
  if (choice.language && !reasons.multilingual) reasons.multilingual = said.languageChosen;
  return reasons;
}

/** A choice as the options of a job: only what differs from the defaults and is possible. */
export function optionsOf(choice: Choice, reasons: Reasons): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  if (choice.engine !== DEFAULTS.engine) options['engine'] = choice.engine;
  for (const name of Object.keys(NAMES) as (keyof typeof NAMES)[]) {
    const value = typeof choice[name] === 'string' ? choice[name].trim() : choice[name];
    if (value !== DEFAULTS[name] && !(name in reasons)) options[NAMES[name]] = value;
  }
  if (choice.translate && !reasons.translate) options['task'] = 'translate';
  if (choice.split) options['channels'] = 'split';
  return options;
}

/** The choice that a job's options stand for; options that nobody can choose here are left out. */
export function choiceOf(options: Readonly<Record<string, unknown>>): Choice {
  const choice: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, asked] of Object.entries(NAMES)) {
    const value = options[asked];
    const normal = DEFAULTS[name as keyof typeof NAMES];
    if (typeof value === typeof normal || (normal === null && typeof value === 'number'))
      choice[name] = value;
  }
  if (typeof options['engine'] === 'string') choice['engine'] = options['engine'];
  choice['translate'] = options['task'] === 'translate';
  choice['split'] = options['channels'] === 'split';
  return choice as unknown as Choice;
}

/** Tags as they are typed: separated by commas. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(',').map((one) => one.trim()))].filter((one) => one !== '');
}

/** What is chosen now; the next visit begins with it. */
@Injectable({ providedIn: 'root' })
export class Choices {
  private readonly installation = inject(Installation);
  private readonly session = inject(Session);
  private readonly chosen = signal<Choice>({ ...DEFAULTS, ...kept<Partial<Choice>>(KEPT, {}) });
  private remembers = true;

  readonly choice = this.chosen.asReadonly();
  /** For what is added next only, so neither is kept. */
  readonly tags = signal('');
  readonly title = signal('');
  /** Whether anything differs from the defaults. */
  readonly changed = computed(() =>
    (Object.keys(DEFAULTS) as (keyof Choice)[]).some((one) => this.chosen()[one] !== DEFAULTS[one]),
  );
  readonly reasons = computed<Reasons>(() => {
    const info = this.installation.info();
    return info ? reasonsOf(this.chosen(), info) : {};
  });
  /** The engines, and whether this person may choose each. */
  readonly engines = computed(() => {
    const info = this.installation.info();
    const free = ['faster-whisper', 'pocketsphinx', info?.engine];
    return (info?.engines ?? []).map(({ name }) => ({
      name,
      allowed: this.session.isAdmin() || free.includes(name),
    }));
  });
  /** The languages of the chosen engine by name, as [code, name]. */
  readonly languages = computed(() => {
    const info = this.installation.info();
    const known = info && engineOf(this.chosen(), info)?.languages;
    return Object.entries(info?.languages ?? {})
      .filter(([code]) => known?.includes(code) ?? true)
      .sort(([, a], [, b]) => a.localeCompare(b));
  });
  /** The chosen engine finds out the language by itself. */
  readonly detects = computed(() => {
    const info = this.installation.info();
    return (info && engineOf(this.chosen(), info)?.language_detection) ?? true;
  });
  /** Models of the chosen engine besides the one that is installed as usual. */
  readonly models = computed(() => {
    const info = this.installation.info();
    const engine = info && engineOf(this.chosen(), info)?.name;
    return this.installation
      .models()
      .filter((one) => one.engine === engine && one.owned_by !== 'openai' && one.id !== info?.model)
      .map((one) => one.id);
  });
  /** The name of the model that is taken where none is chosen. */
  readonly usualModel = computed(() => this.installation.info()?.model ?? null);

  choose(part: Partial<Choice>): void {
    const before = this.chosen();
    const next = { ...before, ...part };
    this.chosen.set(next.engine === before.engine ? next : this.fitting(next));
    if (this.remembers) keep(KEPT, this.chosen());
  }

  /** Begin with what was chosen for one recording; what is chosen here is then not remembered for others. */
  beginWith(choice: Choice): void {
    this.remembers = false;
    this.chosen.set(choice);
    // A job names the model it was given, also where that was the usual one.
    void this.installation.load().then(() => {
      if (this.chosen().model === this.installation.info()?.model) this.choose({ model: '' });
    });
  }

  reset(): void {
    this.choose(DEFAULTS);
  }

  /** A choice without the model and language of another engine. */
  private fitting(choice: Choice): Choice {
    const info = this.installation.info();
    const knows = info && engineOf(choice, info)?.languages.includes(choice.language);
    return { ...choice, model: '', language: knows ? choice.language : '' };
  }

  /** What is wanted with the files that are added now. */
  wishes(): Wishes {
    return {
      options: optionsOf(this.chosen(), this.reasons()),
      tags: tagsOf(this.tags()),
      priority: this.chosen().priority,
      title: null,
      transcribe: true,
      on_duplicate: 'return',
    };
  }
}

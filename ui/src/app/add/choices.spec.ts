import type { Wire } from '../api/client';
import { type Choice, choiceOf, DEFAULTS, optionsOf, reasonsOf, tagsOf } from './choices';

const can = {
  languages: ['en', 'de'],
  word_times: true,
  translate: true,
  language_detection: true,
};
const info = {
  engine: 'auto',
  engines: [
    {
      ...can,
      name: 'faster-whisper',
      options: ['hotwords', 'prompt', 'word_times', 'multilingual'],
    },
    { ...can, name: 'pocketsphinx', options: ['word_times'], translate: false },
  ],
  options: [{ name: 'hotwords', meaning: '', default: null }],
} as unknown as Wire<'Info'>;

function asked(part: Partial<Choice>): Record<string, unknown> {
  const choice = { ...DEFAULTS, ...part };
  return optionsOf(choice, reasonsOf(choice, info));
}

describe('what is chosen for new recordings', () => {
  it('asks for nothing where all is as by default', () => {
    expect(asked({})).toEqual({});
  });

  it('asks for what differs, by the names the server knows', () => {
    expect(
      asked({ language: 'de', vocabulary: ' Osei ', translate: true, split: true, vad: false }),
    ).toEqual({
      language: 'de',
      hotwords: 'Osei',
      task: 'translate',
      channels: 'split',
      vad: false,
    });
  });

  it('leaves out what the engine cannot do, and says why', () => {
    const choice = { ...DEFAULTS, engine: 'pocketsphinx', vocabulary: 'Osei', translate: true };
    expect(asked(choice)).toEqual({ engine: 'pocketsphinx' });
    expect(reasonsOf(choice, info).translate).toContain('pocketsphinx');
  });

  it('offers a number of speakers only where they can be told apart', () => {
    expect(asked({ speakers: 3 })).toEqual({});
    const able = { ...info, options: [...info.options, { name: 'speakers' }] } as Wire<'Info'>;
    expect(reasonsOf(DEFAULTS, able).speakers).toBeUndefined();
    expect(optionsOf({ ...DEFAULTS, speakers: 3 }, {})).toEqual({ speakers: 3 });
  });

  it('finds several languages only where none is named', () => {
    expect(asked({ multilingual: true })).toEqual({ multilingual: true });
    expect(asked({ multilingual: true, language: 'de' })).toEqual({ language: 'de' });
  });

  it('reads tags between commas, each once', () => {
    expect(tagsOf(' board, march ,,board')).toEqual(['board', 'march']);
  });

  it('comes back from the options of a job as it was made', () => {
    const choice = {
      ...DEFAULTS,
      language: 'de',
      engine: 'faster-whisper',
      speakers: 3,
      wordTimes: false,
      translate: true,
      split: true,
    };
    expect(choiceOf(optionsOf(choice, {}))).toEqual(choice);
  });

  it('comes back without what nobody can choose', () => {
    expect(choiceOf({ beam_size: 3, language: 7, vad_options: {} })).toEqual(DEFAULTS);
  });
});

import { choiceOf, DEFAULTS, optionsOf } from './choices';

describe('choices', () => {
  it('of a job come back as they were made', () => {
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

  it('leave out what nobody can choose', () => {
    expect(choiceOf({ beam_size: 3, language: 7, vad_options: {} })).toEqual(DEFAULTS);
  });
});

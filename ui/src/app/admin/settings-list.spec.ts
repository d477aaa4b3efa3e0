import { grouped, lineOf, type Setting } from './settings-list';

function setting(values: Partial<Setting>): Setting {
  return {
    name: 'model',
    variable: 'AURICLE_MODEL',
    group: 'Speech engine',
    meaning: 'What turns speech into text.',
    allowed: 'the name of a model',
    unit: null,
    value: 'chosen by device',
    default: 'chosen by device',
    secret: false,
    source: 'default',
    path: null,
    ...values,
  };
}

const port = setting({
  name: 'port',
  variable: 'AURICLE_PORT',
  group: 'Server',
  value: '80',
  meaning: 'The port.',
});
const mine = setting({ value: 'small', source: 'env_file', path: '/srv/.env' });

describe('the settings on the page', () => {
  it('stand under their headings', () => {
    expect(grouped([mine, port], '', false).map((one) => one.name)).toEqual([
      'Speech engine',
      'Server',
    ]);
  });

  it('are those that have every word that is sought, wherever it stands', () => {
    expect(grouped([mine, port], 'SPEECH small', false)[0]?.settings).toEqual([mine]);
    expect(grouped([mine, port], 'port small', false)).toEqual([]);
  });

  it('can be only those that somebody has chosen', () => {
    expect(grouped([mine, port], '', true).flatMap((one) => one.settings)).toEqual([mine]);
  });
});

describe('a line to copy', () => {
  it('has the value in force', () => {
    expect(lineOf(mine, 'VALUE')).toBe('AURICLE_MODEL=small');
    expect(lineOf(port, 'VALUE')).toBe('AURICLE_PORT=80');
  });

  it('never has a secret, hidden parts, or words that stand for no value', () => {
    const secret = setting({ secret: true, value: 'set', source: 'environment' });
    const hidden = setting({ value: 'redis://a:********@b', source: 'environment' });
    for (const one of [secret, hidden, setting({})])
      expect(lineOf(one, 'VALUE')).toBe('AURICLE_MODEL=VALUE');
  });

  it('is quoted where a shell would read it otherwise', () => {
    const spaced = setting({ value: 'two words', source: 'toml' });
    expect(lineOf(spaced, 'VALUE')).toBe("AURICLE_MODEL='two words'");
    const marked = setting({ value: `it's $5`, source: 'toml' });
    expect(lineOf(marked, 'VALUE')).toBe(`AURICLE_MODEL="it's \\$5"`);
  });
});

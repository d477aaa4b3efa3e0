import cases from '../../../../../tests/transcript/replacing.json';
import { type History, remembered, type Step } from './history';
import type { Segment, Transcript } from './model';
import { type Operation, predicted } from './operations';
import { changeOf, fateOf } from './pending';
import { paragraphsOf } from './paragraphs';
import { speakerChange } from './speaking';

const segment = (id: number, text: string, speaker: string | null = 'a'): Segment => ({
  id,
  start: id * 10,
  end: id * 10 + 8,
  text,
  speaker,
  confidence: 0.9,
  no_speech_probability: 0,
  flags: [],
  words: text.split(' ').map((word, n) => ({
    text: word,
    start: id * 10 + n,
    end: id * 10 + n + 0.5,
    confidence: 0.4,
    speaker,
  })),
});

const transcript = (...segments: Segment[]) =>
  ({
    language: 'en',
    segments,
    speakers: ['a', 'b'].map((id) => ({ id, name: id.toUpperCase(), talk_seconds: 0 })),
  }) as unknown as Transcript;

const three = () =>
  transcript(segment(0, 'one two'), segment(1, 'three four five'), segment(2, 'six', 'b'));
const texts = (of: Transcript) => of.segments.map((one) => one.text);

describe('a change shown before the server has answered', () => {
  it('keeps the times of words that stay and takes new ones as checked', () => {
    const after = predicted(three(), [{ op: 'edit_segment', id: 1, text: 'three 4 five' }]);
    expect(after.segments[1]?.words).toMatchObject([
      { text: 'three', start: 10, confidence: 0.4 },
      { text: '4', start: 11, confidence: null, checked: true },
      { text: 'five', start: 12, confidence: 0.4 },
    ]);
  });

  it('splits and joins, and a joined passage is as it was before the split', () => {
    const cut = predicted(three(), [{ op: 'split_segment', id: 1, word: 1 }]);
    expect(texts(cut)).toEqual(['one two', 'three', 'four five', 'six']);
    const again = predicted(cut, [{ op: 'join_segments', first: 1, last: 3 }]);
    expect(texts(again)).toEqual(texts(three()));
  });

  it('replaces text everywhere, whole words only', () => {
    const operation = { op: 'replace_text', by: '5', match_case: false } as const;
    const whole = predicted(three(), [{ ...operation, find: 'Five', whole_words: true }]);
    expect(texts(whole)[1]).toBe('three four 5');
    const part = predicted(three(), [{ ...operation, find: 'iv', whole_words: true }]);
    expect(texts(part)).toEqual(texts(three()));
  });
});

const nothing: History = { undos: [], redos: [] };
const step = (id: string, how: Partial<Step> = {}): Step => ({
  ...{ id, words: 'changed', sitting: null, kind: 'do', target: null },
  ...how,
});

describe('text replaced everywhere is what the server makes of it', () => {
  for (const { name, texts, operation, after } of cases)
    it(name, () => {
      const before = transcript(...texts.map((text, id) => segment(id, text)));
      const found = predicted(before, [{ op: 'replace_text', ...operation }]);
      expect(Object.fromEntries(found.segments.map(({ id, text }) => [id, text]))).toEqual(after);
      const [way] = remembered(nothing, step('1'), before, found).undos;
      expect(predicted(found, way ? [way.undo] : []).segments).toEqual(before.segments);
    });
});

describe('what is undone', () => {
  it('is put back exactly, and made again', () => {
    const before = three();
    const after = predicted(before, [
      { op: 'delete_segment', id: 0 },
      { op: 'edit_segment', id: 1, text: 'other' },
    ]);
    const done = remembered(nothing, step('1'), before, after);
    const back = predicted(after, done.undos[0] ? [done.undos[0].undo] : []);
    expect(back.segments).toEqual(before.segments);
    const taken = remembered(done, step('2', { kind: 'undo', target: '1' }), after, back);
    expect(taken.undos).toEqual([]);
    const again = predicted(back, taken.redos[0] ? [taken.redos[0].redo] : []);
    expect(again.segments).toEqual(after.segments);
  });

  it('is a whole sitting at once', () => {
    const first = three();
    const second = predicted(first, [{ op: 'edit_segment', id: 1, text: 'thr' }]);
    const third = predicted(second, [{ op: 'split_segment', id: 0, word: 1 }]);
    const one = remembered(nothing, step('1', { sitting: 's' }), first, second);
    const [both, ...more] = remembered(one, step('2', { sitting: 's' }), second, third).undos;
    expect(more).toEqual([]);
    expect(predicted(third, both ? [both.undo] : []).segments).toEqual(first.segments);
    expect(predicted(first, both ? [both.redo] : []).segments).toEqual(third.segments);
  });
});

describe('a change after somebody else was quicker', () => {
  const edit: readonly Operation[] = [{ op: 'edit_segment', id: 1, text: 'mine' }];

  it('holds where they changed another passage', () => {
    const theirs = predicted(three(), [{ op: 'edit_segment', id: 0, text: 'theirs' }]);
    expect(fateOf(changeOf(three(), edit, ''), theirs)).toBe('holds');
  });

  it('clashes where they changed the same one, or took it out', () => {
    for (const theirs of [
      predicted(three(), [{ op: 'edit_segment', id: 1, text: 'theirs' }]),
      predicted(three(), [{ op: 'delete_segment', id: 1 }]),
      predicted(three(), [{ op: 'join_segments', first: 0, last: 1 }]),
    ])
      expect(fateOf(changeOf(three(), edit, ''), theirs)).toBe('clashes');
  });

  it('holds where the server did not take it and the text is the same with it', () => {
    const doubtful = three().segments.map((one) => ({ ...one, flags: ['repetition'] }));
    const now = { ...three(), segments: doubtful };
    const changes: readonly Operation[] = [
      { op: 'edit_segment', id: 1, text: doubtful[1]?.text ?? '' },
      { op: 'check_words', id: 1, first: 0, last: 0 },
      { op: 'color_speaker', speaker: 'a', color: 5 },
    ];
    for (const one of changes) {
      const sent = { ...changeOf(now, [one], ''), sent: true };
      expect(fateOf(sent, now)).toBe('holds');
      expect(fateOf(sent, predicted(now, [one]))).toBe('made');
    }
  });

  it('was made where the server had it and only its answer was lost', () => {
    expect(fateOf(changeOf(three(), edit, ''), predicted(three(), edit))).toBe('made');
    const split: readonly Operation[] = [{ op: 'split_segment', id: 1, word: 1 }];
    const sent = { ...changeOf(three(), split, ''), sent: true };
    expect(fateOf(sent, predicted(three(), split))).toBe('made');
  });
});

describe('who speaks', () => {
  const change = { speaker: 'a', segments: [segment(1, 'three four five')] };

  it('is renamed, merged, or changed from a paragraph on', () => {
    const ops = (name: string, scope: 'everywhere' | 'from here' | 'here') =>
      speakerChange(three(), { ...change, name, scope }).map((one) => one.op);
    expect(ops('Anna', 'everywhere')).toEqual(['rename_speaker']);
    expect(ops('B', 'everywhere')).toEqual(['merge_speakers', 'color_speaker']);
    expect(ops('B', 'from here')).toEqual(['assign_speaker']);
    expect(ops('A', 'here')).toEqual([]);
  });

  it('keeps the colours of all others when one goes', () => {
    const merged = speakerChange(three(), { ...change, name: 'B', scope: 'everywhere' });
    expect(merged.at(-1)).toEqual({ op: 'color_speaker', speaker: 'b', color: 1 });
  });
});

describe('paragraphs', () => {
  it('begin with another speaker and after a pause, and stay the same objects', () => {
    const late = { ...segment(3, 'seven', 'b'), start: 40, end: 41 };
    const before = paragraphsOf(transcript(segment(0, 'one'), { ...segment(1, 'two'), start: 9 }));
    expect(before).toHaveLength(1);
    const longer = transcript(...three().segments, late);
    const after = paragraphsOf(longer, before);
    expect(after.map((one) => one.segments.length)).toEqual([2, 1, 1]);
    expect(after.map((one) => one.turn)).toEqual([true, true, false]);
    expect(paragraphsOf(longer, after)[1]).toBe(after[1]);
  });
});

import type { Segment, Transcript } from './transcript/model';
import { doubtTimes, speakerBands } from './transcript-marks';

const segment = (id: number, start: number, end: number, speaker: string | null): Segment => ({
  id,
  start,
  end,
  text: 'said',
  speaker,
  confidence: null,
  no_speech_probability: null,
  flags: [],
  words: [{ text: 'said', start, end, confidence: 0.1, speaker }],
});

const transcript = (segments: readonly Segment[], speakers: readonly string[]) =>
  ({
    segments,
    speakers: speakers.map((id) => ({ id, name: id, talk_seconds: 1 })),
  }) as unknown as Transcript;

describe('marks along the sound', () => {
  const segments = [
    segment(0, 0, 2, 'A'),
    segment(1, 2.5, 4, 'A'),
    segment(2, 4, 5, 'B'),
    segment(3, 5, 6, null),
    segment(4, 9, 10, 'B'),
  ];

  it('are one band for a turn', () => {
    expect(speakerBands(transcript(segments, ['A', 'B']))).toEqual([
      { start: 0, end: 4, color: 0 },
      { start: 4, end: 5, color: 1 },
      { start: 9, end: 10, color: 1 },
    ]);
  });

  it('are no bands where one person speaks', () => {
    expect(speakerBands(transcript(segments, ['A']))).toEqual([]);
  });

  it('are ticks where words are doubtful', () => {
    const places = [
      { segment: 4, word: 0 },
      { segment: 1, word: 0 },
      { segment: 77, word: 0 },
    ];
    expect(doubtTimes(transcript(segments, ['A']), places)).toEqual([2.5, 9]);
  });
});

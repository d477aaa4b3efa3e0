import { looksLikeRecording } from './found-files';

describe('files in a folder', () => {
  it('are recordings by their type, or by their ending where there is none', () => {
    const names = ['a.MP3', 'b.opus', 'c.txt', '.d.wav', 'e', 'f.mp3.txt'];
    const taken = names.filter((name) => looksLikeRecording(new File([], name)));
    expect(taken).toEqual(['a.MP3', 'b.opus']);
    expect(looksLikeRecording(new File([], 'talk', { type: 'audio/x-own' }))).toBe(true);
  });
});

import { curlLine, programOf } from './programs';

describe('a browser', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/150.0 Safari/537.36',
      'Chrome on Linux',
    ],
    ['Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0', 'Edge on Windows'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) Version/20 Safari/604.1',
      'Safari on iPhone',
    ],
    ['python-httpx/0.28', 'python-httpx/0.28'],
    ['', 'A program without a name'],
  ])('that says %s is named for people', (agent, name) => expect(programOf(agent)).toBe(name));
});

describe('the line that tries a key', () => {
  const line = (...scopes: string[]) => curlLine('http://here/base', 'auricle_x_y', scopes);

  it('asks only what the key is good for', () => {
    expect(line('transcribe', 'read')).toContain('/api/v1/users/me');
    expect(line('transcribe')).toContain('http://here/base/v1/audio/transcriptions');
    expect(line('write')).toContain('/api/v1/recordings');
    expect(line('metrics')).toContain('/metrics');
    expect(line('admin')).toContain('/api/v1/users');
  });
});

import { lineOf } from './deeds';

const names = new Map([
  ['1', 'Anna'],
  ['2', 'Ben'],
]);

const said = (action: string, user_id: string | null, subject = '', detail = {}) => {
  const facts = { id: '9', at: '2026-03-01T10:00:00Z', request_id: null, address: null };
  const line = lineOf({ ...facts, action, user_id, subject, detail }, names);
  return `${line.who} ${line.did}`;
};

describe('the audit', () => {
  it('says in words who did what', () => {
    expect(said('session.begun', '1', '1')).toBe('Anna signed in');
    expect(said('user.added', '1', '2', { name: 'Ben', role: 'member' })).toBe(
      'Anna added Ben as a member',
    );
    expect(said('user.renamed', '1', '2', { before: 'Benn', name: 'Ben' })).toBe(
      'Anna gave Benn the name Ben',
    );
    expect(said('key.made', '1', 'abcd', { owner: '2', scopes: [] })).toBe(
      'Anna made the API key abcd for Ben',
    );
    expect(said('key.made', '1', 'abcd', { owner: '1', scopes: [] })).toBe(
      'Anna made the API key abcd',
    );
    expect(said('recordings.delete', '2', '', { detail: 3 })).toBe(
      'Ben put 3 recordings into the trash',
    );
    expect(said('recordings.delete', '2', '', { detail: 1 })).toBe(
      'Ben put 1 recording into the trash',
    );
  });

  it('knows strangers, the server itself and people who are gone', () => {
    expect(said('session.refused', null, 'root')).toBe(
      'Somebody tried to sign in as root and was refused',
    );
    expect(said('user.added', null, '2', { role: 'admin' })).toBe(
      'The server added Ben as an admin',
    );
    expect(said('session.begun', '3', '3')).toBe('somebody who is gone signed in');
  });

  it('tells ending all of one’s own sessions from ending somebody else’s', () => {
    expect(said('sessions.ended', '1', '1')).toBe('Anna signed out everywhere');
  });

  it('shows what it does not know as it is', () => {
    expect(said('moon.landed', '1', '2')).toBe('Anna moon.landed: Ben');
    expect(said('moon.landed', '1')).toBe('Anna moon.landed');
  });
});

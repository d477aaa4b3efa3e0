import { boundsOf, isNarrow, parametersOf, queryOf } from './query';

const now = new Date(2026, 10, 21, 15, 0);

describe('the query of the library', () => {
  it('takes what an address says, and nothing that makes no sense', () => {
    const query = queryOf({ view: 'failed', sort: 'loudest', tag: 'board', time: 'soon' });
    expect(query).toEqual({
      view: 'failed',
      tag: 'board',
      language: '',
      speaker: '',
      time: '',
      sort: 'newest',
    });
    expect(isNarrow(query)).toBe(true);
    expect(isNarrow(queryOf({ sort: 'title' }))).toBe(false);
  });

  it('asks the server for waiting and working jobs together, and for failed and dead ones', () => {
    expect(parametersOf(queryOf({ view: 'running' })).state).toEqual(['queued', 'running']);
    expect(parametersOf(queryOf({ view: 'failed' })).state).toEqual(['failed', 'dead']);
    expect(parametersOf(queryOf({ view: 'review' })).needs_review).toBe(true);
    expect(parametersOf(queryOf({}))).toEqual({ limit: 100, sort: 'newest' });
  });

  it('counts days from midnight, and the last day of a span as a whole', () => {
    expect(boundsOf('today', now)).toEqual({ since: new Date(2026, 10, 21) });
    expect(boundsOf('week', now)).toEqual({ since: new Date(2026, 10, 15) });
    expect(boundsOf('2026-01-30..2026-01-31', now)).toEqual({
      since: new Date(2026, 0, 30),
      until: new Date(2026, 1, 1),
    });
    expect(boundsOf('2026-01-30', now)).toBeNull();
  });
});

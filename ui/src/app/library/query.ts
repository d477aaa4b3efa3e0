import type { paths } from '../api/schema';

/** Which recordings are listed, and in which order: what stands in the page's address. */
export interface Query {
  readonly view: View;
  readonly tag: string;
  readonly language: string;
  readonly speaker: string;
  /** A span of time, see `boundsOf`; '' for any. */
  readonly time: string;
  readonly sort: Sort;
}

export const VIEWS = ['all', 'running', 'review', 'failed'] as const;
export type View = (typeof VIEWS)[number];

export const SORTS = ['newest', 'oldest', 'changed', 'title', 'longest', 'shortest'] as const;
export type Sort = (typeof SORTS)[number];

export const SPANS = ['today', 'week', 'month', 'year'] as const;
export type Span = (typeof SPANS)[number];

export type Parameters = NonNullable<paths['/api/v1/recordings']['get']['parameters']['query']>;

/** As many as are fetched at once. */
export const PAGE = 100;

/** What an address asks for; what makes no sense in it counts as not said. */
export function queryOf(asked: Partial<Record<keyof Query, string | undefined>>): Query {
  return {
    view: oneOf(VIEWS, asked.view),
    tag: asked.tag ?? '',
    language: asked.language ?? '',
    speaker: asked.speaker ?? '',
    time: asked.time && boundsOf(asked.time) ? asked.time : '',
    sort: oneOf(SORTS, asked.sort),
  };
}

/** Whether a query leaves anything out. */
export function isNarrow(query: Query): boolean {
  return (
    query.view !== 'all' || [query.tag, query.language, query.speaker, query.time].some(Boolean)
  );
}

/** The query as `GET /recordings` takes it. */
export function parametersOf(query: Query, now = new Date()): Parameters {
  const bounds = boundsOf(query.time, now);
  return {
    limit: PAGE,
    sort: query.sort,
    ...(query.view === 'running' && { state: ['queued', 'running'] }),
    ...(query.view === 'failed' && { state: ['failed', 'dead'] }),
    ...(query.view === 'review' && { needs_review: true }),
    ...(query.tag && { tag: query.tag }),
    ...(query.language && { language: query.language }),
    ...(query.speaker && { speaker: query.speaker }),
    ...(bounds && { since: bounds.since.toISOString() }),
    ...(bounds?.until && { until: bounds.until.toISOString() }),
  };
}

/** From when until when (exclusive) a span is: one of SPANS, or two days as "2026-01-01..2026-01-31". */
export function boundsOf(time: string, now = new Date()): { since: Date; until?: Date } | null {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const before = (days: number) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  switch (time) {
    case 'today':
      return { since: today };
    case 'week':
      return { since: before(6) };
    case 'month':
      return { since: before(29) };
    case 'year':
      return { since: new Date(today.getFullYear(), 0, 1) };
  }
  const days = /^(\d{4})-(\d\d)-(\d\d)\.\.(\d{4})-(\d\d)-(\d\d)$/.exec(time);
  if (!days) return null;
  const [y1 = 0, m1 = 0, d1 = 0, y2 = 0, m2 = 0, d2 = 0] = days.slice(1).map(Number);
  return { since: new Date(y1, m1 - 1, d1), until: new Date(y2, m2 - 1, d2 + 1) };
}

function oneOf<T extends string>(all: readonly [T, ...T[]], asked: string | undefined): T {
  return all.find((one) => one === asked) ?? all[0];
}

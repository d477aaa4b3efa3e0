import { inside } from './inside';

describe('where signing in leads', () => {
  it.each(['/account', '/docs', '/recordings/abc', '/recordings/abc?t=12.5', '/admin/users#anna'])(
    'goes on to %s',
    (place) => expect(inside(place)).toBe(place),
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/\n/evil.example',
    '\\\\evil.example',
    'evil.example',
    '/docs/../..//evil.example',
    '/"><script>alert(1)</script>',
    '/sign-in?next=/account',
    '/setup',
    '',
    undefined,
  ])('stays in the library for %s', (place) => expect(inside(place)).toBe('/'));
});

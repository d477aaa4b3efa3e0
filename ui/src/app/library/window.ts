import { signal } from '@angular/core';

/** Heights (px) of a row at a desk and on a phone, as recording-row.scss has them. */
const DESK = 52;
const PHONE = 72;

const phone = matchMedia('(max-width: 700px)');
const height = signal(phone.matches ? PHONE : DESK);
phone.addEventListener('change', () => height.set(phone.matches ? PHONE : DESK));

/** How high (px) every row is now. */
export const rowHeight = height.asReadonly();

/** Scroll the page to a height (px) at once. */
export function scrollTo(top: number): void {
  window.scrollTo({ top, behavior: 'instant' });
}

/** Scroll the page to a height (px) as soon as it is long enough: rows are laid out with the next frames. */
export function returnTo(top: number, frames = 30): void {
  scrollTo(top);
  if (scrollY < top - 1 && frames > 0) requestAnimationFrame(() => returnTo(top, frames - 1));
}

/** Scroll just so far that a row of a list of even rows can be seen, clear of what sticks to the page's edges. */
export function scrollIntoSight(list: HTMLElement, index: number, row: number): void {
  const style = getComputedStyle(list);
  const top = list.getBoundingClientRect().top + scrollY + index * row;
  const highest = top - parseFloat(style.scrollMarginTop);
  const lowest = top + row - innerHeight + parseFloat(style.scrollMarginBottom);
  if (scrollY > highest) scrollTo(highest);
  else if (scrollY < lowest) scrollTo(lowest);
}

/** What of the page can be seen. */

/** How much further than into view (pixels) it scrolls: part of the margins in the style sheet. */
const ROOM = 72;

/** The part of the window (top and bottom, in pixels) in which an element is well seen. */
export function frameOf(element: HTMLElement): [number, number] {
  const style = getComputedStyle(element);
  const box = scrollerOf(element)?.getBoundingClientRect();
  const [top, bottom] = [
    Math.max(0, box?.top ?? 0),
    Math.min(innerHeight, box?.bottom ?? Infinity),
  ];
  const covered = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const below = parseFloat(style.scrollMarginBottom) || ROOM;
  return [top + covered, bottom - below + ROOM];
}

/** What scrolls when an element moves; null for the window. */
function scrollerOf(element: HTMLElement): HTMLElement | null {
  for (let one = element.parentElement; one && one !== document.body; one = one.parentElement)
    if (/auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  return null;
}

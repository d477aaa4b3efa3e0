/** A segment's text as nodes: its words as elements of their own, so that one can be lit or clicked. */

import { words } from '../../words';
import { doubt, percent } from './doubts';
import type { Segment } from './model';
import { spans } from './spelling';

/** Write a segment's words into an element; without `apart` as one text, for what nobody sees now. */
export function write(element: HTMLElement, segment: Segment, below: number, apart: boolean): void {
  const places = apart ? spans(segment) : null;
  if (!places) {
    // Nothing is done where the text stands there already: a new node would drop a selection.
    if (element.textContent !== segment.text || element.childElementCount)
      element.textContent = segment.text;
    return;
  }
  const nodes: Node[] = [];
  let at = 0;
  places.forEach(([begin, end], n) => {
    if (begin > at) nodes.push(new Text(segment.text.slice(at, begin)));
    nodes.push(wordElement(segment, n, segment.text.slice(begin, end), below));
    at = end;
  });
  if (at < segment.text.length) nodes.push(new Text(segment.text.slice(at)));
  element.replaceChildren(...nodes);
}

function wordElement(segment: Segment, n: number, text: string, below: number): HTMLElement {
  const element = document.createElement('span');
  element.dataset['w'] = String(n);
  element.textContent = text;
  const word = segment.words[n];
  const strength = word ? doubt(word, below) : 0;
  if (word && strength) {
    element.className = `doubt doubt-${strength}`;
    element.title = words.editing.sure(percent(word));
  }
  return element;
}

/** Where in the text of an element a place in one of its nodes is. */
export function offsetIn(element: Node, node: Node, offset: number): number {
  const range = new Range();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

/** A stretch of an element's text as a range. */
export function rangeIn(element: Node, begin: number, end: number): Range {
  const range = new Range();
  range.selectNodeContents(element);
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let [reached, started] = [0, false];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const long = (node as Text).length;
    if (!started && begin < reached + long) {
      range.setStart(node, begin - reached);
      started = true;
    }
    if (started && end <= reached + long) {
      range.setEnd(node, end - reached);
      break;
    }
    reached += long;
  }
  return range;
}

/** What is copied from a transcript: clean text, with the names of who speaks where there are several turns. */

/** The text of what is selected inside `view`; null where no text of it is. */
export function clean(view: HTMLElement, selection: Selection): string | null {
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(view)) return null;
  const parts = [...view.querySelectorAll<HTMLElement>('a-paragraph')]
    .filter((one) => range.intersectsNode(one))
    .map((one) => ({ name: nameIn(one), text: selectedIn(one, range) }))
    .filter((one) => one.text);
  if (!parts.length) return null;
  if (parts.length === 1) return parts[0]?.text ?? null;
  return parts.map((one) => (one.name ? `${one.name}: ${one.text}` : one.text)).join('\n\n');
}

function nameIn(paragraph: HTMLElement): string {
  return paragraph.querySelector('.speaker:not(.nobody)')?.textContent?.trim() ?? '';
}

function selectedIn(paragraph: HTMLElement, range: Range): string {
  const text = paragraph.querySelector('.text');
  if (!text || !range.intersectsNode(text)) return '';
  const part = document.createRange();
  part.selectNodeContents(text);
  if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0)
    part.setStart(range.startContainer, range.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0)
    part.setEnd(range.endContainer, range.endOffset);
  return part.toString().replace(/\s+/gu, ' ').trim();
}

"""Words inside the text of their segment: where each stands, so that spacing and punctuation survive."""

from collections.abc import Sequence

from auricle.transcript.model import Word


def word_spans(text: str, words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """Start and end of every word within `text`, in order; None where one of them does not occur."""
    spans = []
    at = 0
    for word in words:
        begin = text.find(word.text, at)
        if begin < 0:
            return None
        at = begin + len(word.text)
        spans.append((begin, at))
    return spans

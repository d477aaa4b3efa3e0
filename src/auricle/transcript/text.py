"""Words inside the text of their segment: where each stands, so that spacing and punctuation survive."""

import re
from collections.abc import Callable, Sequence

from auricle.transcript.model import Word

_WORDLIKE = re.compile(r"\w")


def word_spans(text: str, words: Sequence[Word]) -> list[tuple[int, int]] | None:
    """Start and end of every word within `text`, in order; None where one of them does not occur.

    Where `text` has words that are not among `words`, none is found inside another: "he" not in "there".
    """
    spans = _found(words, text.find)
    if spans is None or not any(_WORDLIKE.search(between) for between in texts_between(text, spans)):
        return spans

    def find_whole(word: str, at: int) -> int:
        match = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(text, at)
        return match.start() if match else -1

    return _found(words, find_whole) or spans


def texts_between(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """What stands before, between and after the spans: one text more than there are spans."""
    ends = [0, *(end for _, end in spans)]
    begins = [*(begin for begin, _ in spans), len(text)]
    return [text[end:begin] for end, begin in zip(ends, begins, strict=True)]


def _found(words: Sequence[Word], find: Callable[[str, int], int]) -> list[tuple[int, int]] | None:
    spans = []
    at = 0
    for word in words:
        begin = find(word.text, at)
        if begin < 0:
            return None
        at = begin + len(word.text)
        spans.append((begin, at))
    return spans

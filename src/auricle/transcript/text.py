"""Words inside the text of their segment: where each stands, so that spacing and punctuation survive."""

from collections.abc import Iterable, Sequence

from auricle.transcript.model import Word

#: Languages written without spaces between words.
UNSPACED = frozenset({"bo", "ja", "km", "lo", "my", "th", "yue", "zh"})


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


def joined(texts: Iterable[str], language: str | None) -> str:
    """Texts as running text: with spaces between them where the language has any."""
    return ("" if language in UNSPACED else " ").join(text for text in texts if text)

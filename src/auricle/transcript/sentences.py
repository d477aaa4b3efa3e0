"""Re-cutting segments to sentences: what an engine heard in one go is not what people read in one go."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from auricle.transcript.model import Segment, Word
from auricle.transcript.text import word_spans

_SENTENCE_END = re.compile(r"[.!?。！？｡…؟۔।][\"'”’»)\]』」]*$")
_CLAUSE_END = re.compile(r"[,;:،、，；：—–][\"'”’»)\]』」]*$")
_ABBREVIATION = re.compile(
    r"^\W*(?:\w\.|(?:\w\.){2,}|(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|no|nr|bzw|ca)\.)$", re.I
)
_WORDLIKE = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word with its own text up to the next word, and the segment it came from."""

    word: Word
    text: str
    source: Segment


def sentences(
    segments: Iterable[Segment], *, longest: float = 20.0, most_characters: int = 220, pause: float = 1.5
) -> Iterator[Segment]:
    """Segments cut at sentence ends, speaker changes and pauses, each of readable length.

    A sentence that runs over a segment's edge is put together again. One longer than `longest` (s) or
    `most_characters` is cut after a clause or at its longest pause. Segments without word times pass
    unchanged, since nothing says where they could be cut.
    """
    run: list[_Piece] = []
    for segment in segments:
        pieces = _pieces(segment)
        if pieces is None:
            yield from _cut(run, longest, most_characters)
            yield segment
            run = []
            continue
        for piece in pieces:
            if run and _ends(run[-1], piece, pause):
                yield from _cut(run, longest, most_characters)
                run = []
            run.append(piece)
    yield from _cut(run, longest, most_characters)


def _pieces(segment: Segment) -> list[_Piece] | None:
    spans = word_spans(segment.text, segment.words) if segment.words else None
    if not spans:
        return None
    edges = [0, *(begin for begin, _ in spans[1:]), len(segment.text)]
    return [
        _Piece(word, segment.text[begin:end], segment)
        for word, begin, end in zip(segment.words, edges, edges[1:], strict=False)
    ]


def _ends(last: _Piece, following: _Piece, pause: float) -> bool:
    gap = following.word.start - last.word.end
    speakers = (last.word.speaker or last.source.speaker, following.word.speaker or following.source.speaker)
    if speakers[0] != speakers[1] or gap > pause:
        return True
    text = last.text.rstrip()
    if _SENTENCE_END.search(text):
        return not (_ABBREVIATION.match(text.split()[-1]) and gap < 0.5)
    if last.source is following.source:
        return False
    return gap > 0.5 or following.text[:1].isupper()


def _cut(run: Sequence[_Piece], longest: float, most: int) -> Iterator[Segment]:
    while run:
        fitting = _fitting(run, longest, most)
        at = len(run) if fitting == len(run) else _best_cut(run, fitting)
        yield _sentence(run[:at])
        run = run[at:]


def _fitting(run: Sequence[_Piece], longest: float, most: int) -> int:
    """How many pieces fit into one segment (at least one)."""
    characters = 0
    for count, piece in enumerate(run):
        characters += len(piece.text)
        if count and (characters > most or piece.word.end - run[0].word.start > longest):
            return count
    return len(run)


def _best_cut(run: Sequence[_Piece], fitting: int) -> int:
    """After the last clause in the second half of what fits, else at the longest pause there."""
    choices = range(max(1, fitting // 2), fitting + 1)
    clauses = [at for at in choices if _CLAUSE_END.search(run[at - 1].text.rstrip())]
    if clauses:
        return clauses[-1]
    return max(choices, key=lambda at: (run[at].word.start - run[at - 1].word.end, at))


def _sentence(pieces: Sequence[_Piece]) -> Segment:
    text = ""
    for last, piece in zip((None, *pieces), pieces, strict=False):
        needs_space = last is not None and last.source is not piece.source and _WORDLIKE.match(piece.text)
        text += (" " if needs_space and not text.endswith(" ") else "") + piece.text
    sources = list({id(piece.source): piece.source for piece in pieces}.values())
    weights = [sum(piece.source is source for piece in pieces) for source in sources]
    return replace(
        sources[0],
        start=min(piece.word.start for piece in pieces),
        end=max(piece.word.end for piece in pieces),
        text=text.strip(),
        words=tuple(piece.word for piece in pieces),
        confidence=_mean([source.confidence for source in sources], weights),
        no_speech_probability=_mean([source.no_speech_probability for source in sources], weights),
        flags=tuple(dict.fromkeys(flag for source in sources for flag in source.flags)),
    )


def _mean(values: Sequence[float | None], weights: Sequence[int]) -> float | None:
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in known)
    return round(sum(value * weight for value, weight in known) / total, 4) if total else None

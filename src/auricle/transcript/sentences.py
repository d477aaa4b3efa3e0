"""Re-cutting segments to sentences: what an engine heard in one go is not what people read in one go."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from auricle.transcript.lines import AFTER_CLAUSE, AFTER_SENTENCE, break_cost, join
from auricle.transcript.model import Segment, Word
from auricle.transcript.text import word_spans

# Initials and dotted letters, titles, and what stands before a name; before a number; ordinals ("am 5. Mai").
_ABBREVIATION = re.compile(
    r"""^\W*(?: (?:[^\W\d]\.\W*)+
              | (?:mr|mrs|ms|mx|dr|prof|st|jr|sr|mt|gen|sen|rev|hr|fr|vs|cf|approx|bzw|ca)\.)$""",
    re.IGNORECASE | re.VERBOSE,
)
_NUMBERED = re.compile(r"^\W*(?:no|nos|nr|fig|vol|ch|pp?|art|bd|abb)\.$", re.IGNORECASE)
_ORDINAL = re.compile(r"^\W*\d{1,2}\.$")
_FIRST_CHARACTER = re.compile(r"\w")
#: After a silence (s) this long, a full stop belongs to a sentence and not to an abbreviation.
_CLEAR_PAUSE = 0.5


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
    `most_characters` is cut after a clause, or at its longest pause. Segments without word times pass
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
    text = segment.text + " "  # the one that will separate it from the next
    spans = word_spans(text, segment.words) if segment.words else None
    if not spans:
        return None
    edges = [0, *_starts(text, spans), len(text)]
    return [
        _Piece(word, text[begin:end], segment)
        for word, (begin, end) in zip(segment.words, itertools.pairwise(edges), strict=True)
    ]


def _starts(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Where the text of each word but the first starts: with a quotation mark or bracket that opens it."""
    for (_, end), (begin, _) in itertools.pairwise(spans):
        space = text.rfind(" ", end, begin)
        yield begin if space < 0 else space + 1


def _ends(last: _Piece, following: _Piece, pause: float) -> bool:
    gap = following.word.start - last.word.end
    if _speaker(last) != _speaker(following) or gap > pause:
        return True
    cost = break_cost(last.text.rstrip())
    opening = _FIRST_CHARACTER.search(following.text)
    if cost == AFTER_SENTENCE:
        continues = opening is not None and opening[0].islower()
        return not continues and (gap > _CLEAR_PAUSE or not _is_abbreviated(last.text, opening))
    if last.source is following.source:
        return False
    begins = cost != AFTER_CLAUSE and opening is not None and opening[0].isupper()
    return gap > _CLEAR_PAUSE or begins


def _is_abbreviated(text: str, opening: re.Match[str] | None) -> bool:
    """Whether the full stop that `text` ends with belongs to its last word, before what opens the next."""
    word = text.split()[-1]
    if _ABBREVIATION.match(word) or _ORDINAL.match(word):
        return True
    return opening is not None and opening[0].isdigit() and _NUMBERED.match(word) is not None


def _speaker(piece: _Piece) -> str | None:
    return piece.word.speaker or piece.source.speaker


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
    """In the second half of what fits: after a sentence, else after a clause, else at the longest pause."""
    choices = range(max(1, fitting // 2), fitting + 1)
    costs = {at: break_cost(run[at - 1].text.rstrip()) for at in choices}
    cheapest = min(costs.values())
    if cheapest <= AFTER_CLAUSE:
        return max(at for at, cost in costs.items() if cost == cheapest)
    return max(choices, key=lambda at: (run[at].word.start - run[at - 1].word.end, at))


def _sentence(pieces: Sequence[_Piece]) -> Segment:
    by_source = itertools.groupby(pieces, key=lambda piece: id(piece.source))
    text = join("".join(piece.text for piece in group).strip() for _, group in by_source)
    sources = list({id(piece.source): piece.source for piece in pieces}.values())
    weights = [sum(piece.source is source for piece in pieces) for source in sources]
    return replace(
        sources[0],
        start=min(piece.word.start for piece in pieces),
        end=max(piece.word.end for piece in pieces),
        text=text,
        words=tuple(piece.word for piece in pieces),
        speaker=_speaker(pieces[0]),
        confidence=_mean([source.confidence for source in sources], weights),
        no_speech_probability=_mean([source.no_speech_probability for source in sources], weights),
        flags=tuple(dict.fromkeys(flag for source in sources for flag in source.flags)),
    )


def _mean(values: Sequence[float | None], weights: Sequence[int]) -> float | None:
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in known)
    return round(sum(value * weight for value, weight in known) / total, 4) if total else None

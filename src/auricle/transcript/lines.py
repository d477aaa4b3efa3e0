"""Lines of text: how wide text is, where it may be broken, and where it is broken best."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_CANNOT_BE_WRITTEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SPACES = re.compile("[^\\S\u00a0\u202f]+")
_CJK = (
    "\u2e80-\u2fdf\u3000-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff00-\uff60\U00020000-\U0003fffd"
)
#: Chinese and Japanese put no space anywhere; Thai, Lao, Burmese and Khmer none between words.
_WITHOUT_ANY_SPACES = re.compile(f"[{_CJK}]")
WITHOUT_SPACES = re.compile(f"[{_CJK}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
#: Closing punctuation, small kana, and Thai and Lao signs that belong to what precedes open no line.
_NEVER_FIRST = frozenset(
    "!%),.:;?]}°’”›»‰′″℃、。々〃〉》」』】〕〗〙〛〞〟〻ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
    "・ーヽヾゝゞ！％），．：；？］｝｡｣､゛゜…‥–—〜～ะาๅๆฯະາຯໆ។៕ៗ၊။"
)
#: Opening punctuation, currency signs, and Thai and Lao vowels written before their consonant close no line.
_NEVER_LAST = frozenset("([{£¥$‘“‹«〈《「『【〔〖〘〝（［｛｢￥＄＃เแโใไເແໂໃໄ")
_QUOTES = "[\"'”’»›」』）)\\]]*$"
_SENTENCE_END = re.compile("[.!?。！？．؟۔।॥።။៕…‥]" + _QUOTES)
_CLAUSE_END = re.compile("[,;:–—、，；：،؛၊]" + _QUOTES)
_VIRAMA = 9  # the combining class of the sign that joins two Indic consonants into one shape
_JOINER = "\u200d"

#: What it costs a reader when text is broken after a sentence, after a clause, and anywhere else.
AFTER_SENTENCE, AFTER_CLAUSE, INSIDE_CLAUSE = 0.0, 1.0, 4.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that is never broken, at most as wide as a line.

    spaced: a space comes before it, unless it opens a line.
    start, end: when it is said, in seconds.
    width: columns it takes (see `width`).
    break_cost: what a break after it costs, from `AFTER_SENTENCE` to `INSIDE_CLAUSE`.
    """

    text: str
    spaced: bool
    start: float
    end: float
    width: int
    break_cost: float

    @property
    def advance(self) -> int:
        """Columns it adds to a line that has text already."""
        return self.width + self.spaced


def tidy(text: str) -> str:
    """Text as one line: no control characters, nothing that UTF-8 or XML cannot hold, single spaces."""
    writable = _CANNOT_BE_WRITTEN.sub(lambda found: " " if found[0] < "\u00a0" else "\ufffd", text)
    return _SPACES.sub(" ", writable).strip()


def clusters(text: str) -> list[str]:
    """What a reader takes for single characters: no accent, vowel sign, emoji or flag is torn apart.

    Follows the extended grapheme clusters of Unicode's UAX #29, its tables replaced by general categories.
    """
    found: list[str] = []
    for character in text:
        if found and _joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _joins(cluster: str, character: str) -> bool:
    last = cluster[-1]
    if character.isascii():
        return False
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Mc") or character in "\u0e33\u0eb3\u200c\u200d":
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":
        return True  # skin tones and the tags of regional flags
    if last == _JOINER or unicodedata.combining(last) == _VIRAMA:
        return category in ("So", "Lo")
    if _is_flag_letter(character):
        return _is_flag_letter(last) and len(cluster) == 1
    korean = "\u1100" <= last <= "\u11ff" or "\uac00" <= last <= "\ud7a3"
    return korean and "\u1160" <= character <= "\u11ff"


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def width(text: str) -> int:
    """Columns that text takes: East Asian wide characters and emoji count double, marks nothing."""
    if text.isascii():
        return len(text)
    return sum(max(map(_character_width, cluster)) for cluster in clusters(text))


def _character_width(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def join(texts: Iterable[str]) -> str:
    """Sentences as running text, with a space between them where their script has one."""
    joined = ""
    for text in texts:
        joined += (" " if joined and text and needs_space(joined, text) else "") + text
    return joined


def needs_space(left: str, right: str) -> bool:
    """Whether a space separates two sentences: not between Chinese or Japanese characters."""
    return not (_WITHOUT_ANY_SPACES.match(left[-1]) and _WITHOUT_ANY_SPACES.match(right[0]))


def may_break(left: str, right: str) -> bool:
    """Whether a line may end between two texts with no space between them.

    Only in scripts without spaces, and never before closing or after opening punctuation.
    """
    spaceless = WITHOUT_SPACES.match(left[-1]) or WITHOUT_SPACES.match(right[0])
    return bool(spaceless) and left[-1] not in _NEVER_LAST and right[0] not in _NEVER_FIRST


def break_cost(text: str) -> float:
    """What a break after this text costs a reader."""
    if _SENTENCE_END.search(text):
        return AFTER_SENTENCE
    return AFTER_CLAUSE if _CLAUSE_END.search(text) else INSIDE_CLAUSE


def piece(text: str, spaced: bool, start: float, end: float) -> Piece:
    """A piece with what can be seen from its text worked out."""
    return Piece(text, spaced, start, end, width(text), break_cost(text))


def pieces(text: str, start: float, end: float) -> list[Piece]:
    """Cut tidy text wherever it may be broken, its time shared out by width."""
    chunks = [_unbreakable(chunk) for chunk in text.split(" ")]
    parts = [(part, index == 0) for chunk in chunks for index, part in enumerate(chunk)]
    return list(_share_time(parts, start, end))


def _unbreakable(chunk: str) -> list[str]:
    parts: list[str] = []
    for cluster in clusters(chunk):
        if parts and not may_break(parts[-1], cluster):
            parts[-1] += cluster
        else:
            parts.append(cluster)
    return parts


def _share_time(parts: Sequence[tuple[str, bool]], start: float, end: float) -> Iterator[Piece]:
    total = max(1, sum(width(text) for text, _ in parts))
    done = 0
    for text, spaced in parts:
        columns = width(text)
        since, done = start + (end - start) * done / total, done + columns
        yield Piece(text, spaced, since, start + (end - start) * done / total, columns, break_cost(text))


def fit(long: Piece, widest: int) -> list[Piece]:
    """Cut a piece that is wider than a line: where its script allows it, else between any characters."""
    if long.width <= widest:
        return [long]
    parts = [short for part in _unbreakable(long.text) for short in _chop(part, widest)]
    spaced = [(part, long.spaced and index == 0) for index, part in enumerate(parts)]
    return list(_share_time(spaced, long.start, long.end))


def _chop(text: str, widest: int) -> list[str]:
    parts = [""]
    room = widest
    for cluster in clusters(text):
        columns = width(cluster)
        if columns > room:
            parts.append("")
            room = widest
        parts[-1] += cluster
        room -= columns
    return parts


def lines_needed(row: Sequence[Piece], widest: int) -> int:
    """How many lines of `widest` columns the pieces fill."""
    count, used = 0, widest
    for one in row:
        if used + one.advance > widest or not count:
            count, used = count + 1, one.width
        else:
            used += one.advance
    return count


def break_lines(row: Sequence[Piece], widest: int) -> list[Sequence[Piece]]:
    """Cut pieces into as few lines as they need, of even length and broken where a reader would pause.

    Every piece has to fit in a line. The least total cost over all ways of breaking is found as Knuth and
    Plass do ("Breaking paragraphs into lines", 1981), with the count of lines fixed.
    """
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [0])}
    for _ in range(lines_needed(row, widest)):
        reached: dict[int, tuple[float, list[int]]] = {}
        for first, (cost, breaks) in best.items():
            for last, unevenness in _possible_lines(row, first, widest):
                total = cost + unevenness + (0.08 * row[last - 1].break_cost if last < len(row) else 0.0)
                if last not in reached or total < reached[last][0]:
                    reached[last] = (total, [*breaks, last])
        best = reached
    return [row[first:last] for first, last in pairwise(best[len(row)][1])]


def _possible_lines(row: Sequence[Piece], first: int, widest: int) -> Iterator[tuple[int, float]]:
    """Where a line that starts at `first` may end, and how much of it stays empty, squared."""
    used = -1 if first < len(row) and row[first].spaced else 0
    for last in range(first, len(row)):
        used += row[last].advance
        if used > widest:
            return
        yield last + 1, (1 - used / widest) ** 2


def line_text(line: Sequence[Piece]) -> str:
    """A line as it is shown."""
    return "".join((" " if one.spaced and index else "") + one.text for index, one in enumerate(line))

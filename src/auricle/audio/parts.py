"""Cutting a recording: into parts at silences, and a part's speech into windows for an engine."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.vad import Region

#: A cut is looked for from this share of the wanted length before it to the same share after it.
_SLACK = 0.2


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the recording that is transcribed, kept and retried on its own (sample numbers)."""

    index: int
    start: int
    stop: int


class Stretch(NamedTuple):
    """Speech to be heard, with `lead` and `tail` samples of the silence around it (`start` to `stop`)."""

    start: int
    stop: int
    lead: int = 0
    tail: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Stretches of speech that an engine hears as one piece, the silence between them left out."""

    spans: tuple[Stretch, ...]

    @property
    def length(self) -> int:
        """Samples in the window."""
        return sum(span.stop - span.start for span in self.spans)

    def recording_time(self, time: float) -> float:
        """Seconds in the recording for `time` seconds in the window."""
        span, before = self._span_at(time)
        return round(_within(span, before, time) / SAMPLE_RATE, 3)

    def word_times(self, start: float, end: float) -> tuple[float, float]:
        """Seconds in the recording for a word's times in the window.

        Both are mapped with the word's middle, so that no word straddles a silence that was left out, and
        a word next to silence is drawn back to where the detector heard speech: engines give the
        first word of a window the silence before it as well.
        """
        span, before = self._span_at((start + end) / 2)
        first, last = _within(span, before, start), _within(span, before, end)
        if last > span.start + span.lead:
            first = max(first, span.start + span.lead)
        if first < span.stop - span.tail:
            last = min(last, span.stop - span.tail)
        return round(first / SAMPLE_RATE, 3), round(last / SAMPLE_RATE, 3)

    def _span_at(self, time: float) -> tuple[Stretch, int]:
        """The span that holds a time of the window, and how many samples of the window come before it."""
        sample, before = round(time * SAMPLE_RATE), 0
        for span in self.spans[:-1]:
            if sample < before + span.stop - span.start:
                return span, before
            before += span.stop - span.start
        return self.spans[-1], before


@dataclass(slots=True)
class PartPlanner:
    """Assigns speech regions to parts while the recording is still being read.

    Feed it regions in order; it answers with stretches, padded, each followed sooner or later by the `Part`
    that holds it. Cuts go to the longest silence within 20 % of `length` (s) from the last cut; failing
    that to the next silence, and failing that to the last one before; only where there is none for `limit`
    (s, at least `length`) does a cut fall inside speech, at the quietest place the voice activity detector
    found. All decisions depend on the regions alone, so the plan is the same however early they are known.
    """

    length: float = 600.0
    limit: float = 900.0
    padding: float = 0.4
    _index: int = field(default=0, init=False)
    _start: int = field(default=0, init=False)
    #: Where the speech given on so far ends, and where the padding of what comes next may begin.
    _edge: int = field(default=0, init=False)
    _floor: int = field(default=0, init=False)
    _pending: list[Region] = field(default_factory=list, init=False)

    def push(self, region: Region) -> Iterator[Stretch | Part]:
        """Take the next region of speech; yields what has become certain."""
        self._pending.append(region)
        while (cut := self._cut(region.start)) is not None:
            yield from self._close(cut)
        for _ in range(self._settled()):
            yield self._release()

    def finish(self, total: int) -> Iterator[Stretch | Part]:
        """The rest of the plan for a recording of `total` samples."""
        while (cut := self._cut(total)) is not None:
            yield from self._close(cut)
        yield from self._close(total)

    def _settled(self) -> int:
        """How many waiting regions no cut can fall between: those before the last early silence.

        What follows that silence waits, since the cut goes there when no other silence comes.
        """
        until = self._start + int(self.length * (1 - _SLACK) * SAMPLE_RATE)
        neighbours = enumerate(itertools.pairwise(self._pending), 1)
        return max(
            (count for count, (left, right) in neighbours if left.stop < right.start <= until), default=0
        )

    def _close(self, cut: int) -> Iterator[Stretch | Part]:
        while self._pending and self._pending[0].start < cut:
            yield self._release(cut)
        yield Part(self._index, self._start, cut)
        self._index, self._start, self._edge, self._floor = self._index + 1, cut, cut, cut

    def _release(self, cut: int | None = None) -> Stretch:
        """The first waiting region, up to `cut`, with padding to the middle of the silences around it."""
        region = self._pending.pop(0)
        if cut is not None and region.stop > cut:
            self._pending.insert(0, Region(cut, region.stop))
            region = Region(region.start, cut)
        if cut is not None and (not self._pending or self._pending[0].start >= cut):
            ceiling = cut
        else:
            ceiling = (region.stop + self._pending[0].start + 1) // 2
        pad = int(self.padding * SAMPLE_RATE)
        start, stop = max(region.start - pad, self._floor), min(region.stop + pad, ceiling)
        padded = Stretch(start, stop, region.start - start, stop - region.stop)
        self._edge, self._floor = region.stop, ceiling
        return padded

    def _cut(self, horizon: int) -> int | None:
        """Where the current part ends, as far as the recording is known up to `horizon`; None: not yet."""
        wanted = self._start + int(self.length * SAMPLE_RATE)
        slack = int(self.length * _SLACK * SAMPLE_RATE)
        limit = self._start + int(self.limit * SAMPLE_RATE)
        latest = min(wanted + slack, limit)
        if horizon <= latest:
            return None
        gaps = [gap for gap in self._gaps(horizon) if gap.start <= limit]
        silences = [gap for gap in gaps if gap.stop > gap.start]
        near = [gap for gap in silences if gap.stop > wanted - slack and gap.start < latest]
        if near:
            best = max(near, key=lambda gap: (gap.stop - gap.start, -abs(gap.start - wanted)))
            return min(self._within(best, wanted), limit)
        later = [gap for gap in silences if gap.start >= latest]
        if later:
            return min(self._within(later[0], wanted), limit)
        if horizon <= limit:
            return None
        earlier = [gap for gap in silences if gap.start > self._start]
        if earlier:
            return self._within(earlier[-1], wanted)
        touching = [gap.start for gap in gaps if gap.start > wanted - slack]
        return touching[-1] if touching else limit

    def _gaps(self, horizon: int) -> list[Region]:
        """Silences between the regions not yet released; of length 0 where a long region was split."""
        edges = [self._edge, *(region.stop for region in self._pending)]
        starts = [*(region.start for region in self._pending), horizon]
        return [Region(edge, start) for edge, start in zip(edges, starts, strict=True) if start >= edge]

    def _within(self, gap: Region, wanted: int) -> int:
        room = min(int(self.padding * SAMPLE_RATE), (gap.stop - gap.start) // 2)
        return min(max(wanted, gap.start + room), gap.stop - room)


def pack_windows(stretches: Iterable[Stretch], longest: float | None) -> Iterator[Window]:
    """Gather stretches into windows of at most `longest` seconds (None: one window), lazily and in order."""
    most = None if longest is None else int(longest * SAMPLE_RATE)
    spans: list[Stretch] = []
    held = 0
    for stretch in stretches:
        for piece in _pieces(stretch, most):
            length = piece.stop - piece.start
            if spans and most is not None and held + length > most:
                yield Window(tuple(spans))
                spans, held = [], 0
            spans.append(piece)
            held += length
    if spans:
        yield Window(tuple(spans))


def tile(part: Part, stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches that cover all of `part`, silence included, meeting in the middle of each silence."""
    speech = list(stretches)
    cuts = [(left.stop + right.start) // 2 for left, right in itertools.pairwise(speech)]
    edges = [part.start, *cuts, part.stop]
    return [Stretch(start, stop) for start, stop in itertools.pairwise(edges) if stop > start]


def _pieces(stretch: Stretch, most: int | None) -> Iterator[Stretch]:
    if most is None or stretch.stop - stretch.start <= most:
        yield stretch
        return
    count = -(-(stretch.stop - stretch.start) // most)
    edges = [stretch.start + (stretch.stop - stretch.start) * i // count for i in range(count + 1)]
    pieces = [Stretch(start, stop) for start, stop in itertools.pairwise(edges)]
    pieces[0] = pieces[0]._replace(lead=stretch.lead)
    pieces[-1] = pieces[-1]._replace(tail=stretch.tail)
    yield from pieces


def _within(span: Stretch, before: int, time: float) -> int:
    """The recording's sample for a time of the window, kept inside `span`."""
    sample = round(time * SAMPLE_RATE) - before
    return span.start + min(max(sample, 0), span.stop - span.start)

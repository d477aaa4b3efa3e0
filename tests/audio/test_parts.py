"""Parts and windows: where a recording is cut, and that nothing is lost or heard twice by it."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.audio.parts import Part, PartPlanner, Stretch, Window, pack_windows, tile
from auricle.audio.pcm import SAMPLE_RATE
from auricle.audio.vad import Region

Plan = Sequence[Region | Stretch | Part]


def at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def region(start: float, stop: float) -> Region:
    return Region(at(start), at(stop))


def stretches(regions: Iterable[Region]) -> list[Stretch]:
    return [Stretch(*one) for one in regions]


def plan_of(regions: Iterable[Region], total: int, planner: PartPlanner | None = None) -> Plan:
    """What is planned, without saying how much silence was kept."""
    plan = full_plan_of(regions, total, planner or PartPlanner())
    return [item if isinstance(item, Part) else Region(item.start, item.stop) for item in plan]


def full_plan_of(regions: Iterable[Region], total: int, planner: PartPlanner) -> Plan:
    plan = [item for one in regions for item in planner.push(one)]
    return [*plan, *planner.finish(total)]


def parts_in(plan: Plan) -> list[Part]:
    return [item for item in plan if isinstance(item, Part)]


def by_part(plan: Plan) -> Iterator[tuple[Part, list[Region]]]:
    held: list[Region] = []
    for item in plan:
        if isinstance(item, Part):
            yield item, held
            held = []
        else:
            held.append(item)
    assert not held


def cuts(plan: Plan) -> list[float]:
    """Where parts meet, in seconds."""
    return [part.stop / SAMPLE_RATE for part in parts_in(plan)[:-1]]


def speech(*edges: float) -> list[Region]:
    """Speech between the 1st and 2nd, 3rd and 4th second given, and so on."""
    return [region(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def sentences(start: float, stop: float, length: float = 9.0, pause: float = 1.0) -> list[Region]:
    starts = np.arange(start, stop - length, length + pause)
    return [region(one, one + length) for one in starts]


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Region], int]:
    """Regions as the detector gives them (in order, some touching), and the recording's length."""
    now = 0
    regions = []
    for _ in range(draw(st.integers(0, 20))):
        now += draw(st.one_of(st.just(0), st.integers(1, 40_000), st.integers(0, 200 * SAMPLE_RATE)))
        length = draw(st.integers(512, 60 * SAMPLE_RATE))
        regions.append(Region(now, now + length))
        now += length
    return regions, now + draw(st.one_of(st.just(0), st.integers(0, 300 * SAMPLE_RATE)))


def planners() -> st.SearchStrategy[PartPlanner]:
    return st.builds(
        lambda length, slack, padding: PartPlanner(length, length * slack, padding),
        st.sampled_from([30.0, 60.0, 100.0]),
        st.sampled_from([1.0, 1.1, 1.5, 3.0]),
        st.sampled_from([0.0, 0.1, 0.4, 2.0]),
    )


@given(recordings(), planners())
@settings(deadline=None)
def test_parts_cover_the_recording_once_and_none_is_too_long(
    recording: tuple[list[Region], int], planner: PartPlanner
) -> None:
    regions, total = recording
    parts = parts_in(plan_of(regions, total, planner))
    assert [part.index for part in parts] == list(range(len(parts)))
    assert (parts[0].start, parts[-1].stop) == (0, total)
    assert all(left.stop == right.start for left, right in itertools.pairwise(parts))
    assert all(part.stop - part.start <= planner.limit * SAMPLE_RATE for part in parts)
    assert all(part.stop > part.start for part in parts) or total == 0


@given(recordings(), planners())
@settings(deadline=None)
def test_speech_is_in_exactly_one_part_with_no_more_than_the_padding_around_it(
    recording: tuple[list[Region], int], planner: PartPlanner
) -> None:
    regions, total = recording
    planned: list[Region] = []
    for part, inside in by_part(plan_of(regions, total, planner)):
        edges = [part.start, *(edge for one in inside for edge in (one.start, one.stop)), part.stop]
        assert edges == sorted(edges)
        planned += inside
    pad = round(planner.padding * SAMPLE_RATE)
    assert _covered(regions) <= _covered(planned)
    padded = [Region(max(0, one.start - pad), min(total, one.stop + pad)) for one in regions]
    assert _covered(planned) <= _covered(padded)


def _covered(regions: Sequence[Region | Stretch]) -> "_Samples":
    return _Samples(regions)


class _Samples:
    """A set of samples, as merged regions, that can be compared."""

    def __init__(self, regions: Sequence[Region | Stretch]) -> None:
        self.merged: list[Region] = []
        for start, stop, *_ in sorted(regions):
            one = Region(start, stop)
            if self.merged and one.start <= self.merged[-1].stop:
                last = self.merged.pop()
                one = Region(last.start, max(last.stop, one.stop))
            self.merged.append(one)

    def __le__(self, other: "_Samples") -> bool:
        return all(
            any(large.start <= small.start and small.stop <= large.stop for large in other.merged)
            for small in self.merged
        )


@given(recordings(), planners())
@settings(deadline=None)
def test_a_cut_inside_speech_comes_only_after_speech_without_any_silence(
    recording: tuple[list[Region], int], planner: PartPlanner
) -> None:
    regions, total = recording
    silences = _silences(regions, total)
    for part in parts_in(plan_of(regions, total, planner))[:-1]:
        if any(one.start <= part.stop <= one.stop for one in silences):
            continue
        inside = [one.start for one in silences if part.start < one.start < part.stop]
        assert inside == []


def _silences(regions: Sequence[Region], total: int) -> list[Region]:
    edges = [0, *(edge for one in regions for edge in (one.start, one.stop)), total]
    gaps = [Region(*pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
    return [gap for gap in gaps if gap.stop > gap.start]


@given(recordings(), planners())
@settings(deadline=None, max_examples=40)
def test_what_is_planned_early_is_what_is_planned_with_all_speech_known(
    recording: tuple[list[Region], int], planner: PartPlanner
) -> None:
    regions, total = recording
    online = PartPlanner(planner.length, planner.limit, planner.padding)
    early: list[Stretch | Part] = []
    for number, one in enumerate(regions, 1):
        early += online.push(one)
        others = PartPlanner(planner.length, planner.limit, planner.padding)
        longer = [*regions[:number], Region(one.stop + 16_000, one.stop + 64_000_000)]
        assert full_plan_of(longer, one.stop + 80_000_000, others)[: len(early)] == early
    assert [*early, *online.finish(total)] == full_plan_of(regions, total, planner)


def test_a_recording_without_samples_is_one_empty_part() -> None:
    assert plan_of([], 0) == [Part(0, 0, 0)]


def test_a_short_recording_is_one_part() -> None:
    plan = plan_of(speech(1, 2, 3, 4), at(5))
    assert plan == [region(0.6, 2.4), region(2.6, 4.4), Part(0, 0, at(5))]


def test_padding_stops_at_the_recording_s_ends_and_half_way_to_the_neighbour() -> None:
    plan = plan_of(speech(0.1, 1.0, 1.5, 2.0), at(2.2))
    assert plan[:-1] == [region(0, 1.25), region(1.25, 2.2)]


def test_hours_of_silence_are_parts_of_the_wanted_length() -> None:
    plan = plan_of([], at(2 * 3600))
    assert cuts(plan) == [600.0 * number for number in range(1, 12)]
    assert len(plan) == 12


def test_silence_before_and_after_speech_is_cut_too() -> None:
    plan = plan_of(speech(1900, 1905), at(5000))
    assert cuts(plan) == [600, 1200, 1905.4, 2505.4, 3105.4, 3705.4, 4305.4]
    assert [inside for _, inside in by_part(plan) if inside] == [[region(1899.6, 1905.4)]]


def test_the_longest_silence_near_the_wanted_length_is_taken() -> None:
    regions = speech(0, 470, 478, 500, 503, 590, 591, 700, 702, 730, 738, 1000)
    assert cuts(plan_of(regions, at(1000))) == [502.6]


def test_of_equal_silences_the_one_nearest_to_the_wanted_length_is_taken() -> None:
    regions = speech(0, 500, 501, 590, 591, 700, 701, 1000)
    assert cuts(plan_of(regions, at(1000))) == [590.6]


def test_without_a_silence_near_it_the_next_one_is_taken() -> None:
    regions = speech(0, 400, 402, 760, 760.2, 800, 810, 1200)
    assert cuts(plan_of(regions, at(1200))) == [760.1]


def test_without_a_later_silence_the_last_one_before_it_is_taken() -> None:
    regions = speech(0, 300, 302, 400, 402, 500, 500, 700, 700, 950, 952, 1000)
    plan = plan_of(regions, at(1000))
    assert cuts(plan) == [401.6]
    assert [len(inside) for _, inside in by_part(plan)] == [2, 4]


def test_one_endless_stretch_is_cut_where_the_detector_split_it() -> None:
    edges = [0, 580, 605, 880, 905, 1000, 1400, 1700, 2000]
    regions = [region(*pair) for pair in itertools.pairwise(edges)]
    assert cuts(plan_of(regions, at(2000))) == [880, 1700]


def test_one_endless_region_is_cut_at_the_limit() -> None:
    plan = plan_of(speech(0, 2000), at(2000))
    assert plan == [
        region(0, 900),
        Part(0, 0, at(900)),
        region(900, 1800),
        Part(1, at(900), at(1800)),
        region(1800, 2000),
        Part(2, at(1800), at(2000)),
    ]


def test_a_silence_that_begins_just_before_the_limit_makes_no_part_longer_than_it() -> None:
    plan = plan_of(speech(0, 899.9, 910, 1000), at(1000))
    assert cuts(plan) == [900]


def test_speech_before_four_fifths_of_a_part_is_given_on_as_soon_as_its_successor_is_known() -> None:
    planner = PartPlanner()
    for number, one in enumerate(sentences(0, 470)):
        released = list(planner.push(one))
        assert len(released) == min(number, 1)


def test_speech_near_the_wanted_length_waits_for_the_cut() -> None:
    planner = PartPlanner()
    regions = sentences(0, 740)
    released = [list(planner.push(one)) for one in regions]
    waiting = [one.start for one, given_on in zip(regions, released, strict=True) if not given_on]
    assert waiting == [0, *range(at(490), at(730), at(10))]
    [cut] = [item for item in released[73] if isinstance(item, Part)]
    assert cut.stop == at(599.6)


def test_windows_gather_speech_up_to_the_longest_an_engine_takes() -> None:
    packed = list(pack_windows(stretches(speech(0, 10, 20, 30, 40, 50.5, 60, 61)), 30.0))
    assert [list(window.spans) for window in packed] == [
        stretches(speech(0, 10, 20, 30)),
        stretches(speech(40, 50.5, 60, 61)),
    ]
    assert packed[0].length == at(20)


def test_an_engine_that_takes_any_length_gets_one_window() -> None:
    regions = speech(0, 10, 20, 3000)
    assert list(pack_windows(stretches(regions), None)) == [Window(tuple(stretches(regions)))]
    assert list(pack_windows([], None)) == []


def test_windows_are_made_while_speech_is_still_being_found() -> None:
    seen = []

    def found() -> Iterator[Stretch]:
        for one in stretches(sentences(0, 1000)):
            seen.append(one)
            yield one

    next(pack_windows(found(), 30.0))
    assert len(seen) == 4


@given(recordings(), st.sampled_from([1.0, 10.0, 30.0]))
@settings(deadline=None)
def test_windows_lose_no_sample_repeat_none_and_are_never_too_long(
    recording: tuple[list[Region], int], longest: float
) -> None:
    regions, _ = recording
    windows = list(pack_windows(stretches(regions), longest))
    assert all(0 < window.length <= longest * SAMPLE_RATE for window in windows)
    spans = [span for window in windows for span in window.spans]
    edges = [edge for span in spans for edge in (span.start, span.stop)]
    assert edges == sorted(edges)
    assert _covered(spans).merged == _covered(regions).merged
    assert sum(window.length for window in windows) == sum(one.stop - one.start for one in regions)


@given(recordings(), planners())
@settings(deadline=None)
def test_tiles_cover_all_of_a_part(recording: tuple[list[Region], int], planner: PartPlanner) -> None:
    regions, total = recording
    for part, inside in by_part(plan_of(regions, total, planner)):
        tiles = tile(part, stretches(inside))
        assert all(left.stop == right.start for left, right in itertools.pairwise(tiles))
        assert [tiles[0].start, tiles[-1].stop] == [part.start, part.stop] if tiles else total == 0
        assert all(any(one.start >= t.start and one.stop <= t.stop for t in tiles) for one in inside)


WINDOW = Window((Stretch(at(10), at(12)), Stretch(at(20), at(21)), Stretch(at(30), at(33))))


@pytest.mark.parametrize(
    ("in_window", "in_recording"),
    [(0, 10), (1.5, 11.5), (2, 20), (2.25, 20.25), (3, 30), (5.999, 32.999), (6, 33), (9, 33), (-1, 10)],
)
def test_a_time_in_a_window_is_a_time_in_the_recording(in_window: float, in_recording: float) -> None:
    assert WINDOW.recording_time(in_window) == in_recording


def test_a_word_over_a_silence_that_was_left_out_stays_on_the_side_of_its_middle() -> None:
    assert WINDOW.word_times(1.6, 2.2) == (11.6, 12)
    assert WINDOW.word_times(1.8, 2.4) == (20, 20.4)


def test_a_word_beside_silence_is_drawn_back_to_where_speech_is() -> None:
    window = Window((Stretch(at(10), at(12), lead=at(0.4), tail=at(0.3)),))
    assert window.word_times(0.0, 0.9) == (10.4, 10.9)
    assert window.word_times(1.2, 2.0) == (11.2, 11.7)
    assert window.word_times(0.5, 1.0) == (10.5, 11.0)


def test_a_word_that_lies_wholly_in_the_silence_stays_where_it_was_heard() -> None:
    window = Window((Stretch(at(10), at(12), lead=at(0.4), tail=at(0.3)),))
    assert window.word_times(0.1, 0.3) == (10.1, 10.3)
    assert window.word_times(1.8, 1.9) == (11.8, 11.9)


def test_the_planner_says_how_much_silence_it_kept() -> None:
    first, second, _ = full_plan_of([region(1.0, 3.0), region(3.2, 5.0)], at(9), PartPlanner())
    assert isinstance(first, Stretch)
    assert isinstance(second, Stretch)
    assert (first.start, first.lead, first.stop, first.tail) == (at(0.6), at(0.4), at(3.1), at(0.1))
    assert (second.start, second.lead, second.stop, second.tail) == (at(3.1), at(0.1), at(5.4), at(0.4))


@given(st.lists(st.floats(0, 6.5), min_size=2, max_size=20))
def test_words_in_order_stay_in_order_and_inside_one_span(times: list[float]) -> None:
    words = list(itertools.pairwise(sorted(times)))
    placed = [WINDOW.word_times(*word) for word in words]
    edges = [time for word in placed for time in word]
    assert edges == sorted(edges)
    spans = [(span.start / SAMPLE_RATE, span.stop / SAMPLE_RATE) for span in WINDOW.spans]
    assert all(any(low <= start <= end <= high for low, high in spans) for start, end in placed)

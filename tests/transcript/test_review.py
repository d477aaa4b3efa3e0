"""What a reader should doubt: loops, text over silence, impossible rates, an unsure engine."""

import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.testing import VOCABULARY
from auricle.transcript import Segment, Word
from auricle.transcript.review import FLAGS, doubts, has_impossible_rate, is_doubtful, is_repetitive

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"


@pytest.mark.parametrize(
    "text",
    [
        "Thank you. " * 5,
        "no " * 8,
        "I don't know. " * 6,
        "Thank you for watching and see you in the next video. " * 4,
        "And then he said that we should all go home before it gets too dark to see. " * 4,
        "So we begin here today. " + "Please subscribe to my channel. " * 5,
        "谢谢观看" * 6,
        "ご視聴ありがとうございました。" * 5,
        "तो मैं वहाँ गया था। " * 6,
        "ha" * 60,
        "a" * 120,
        "1.1.1.1.1.1.1.1.1.1.1.1",
    ],
)
def test_a_loop_is_found(text: str) -> None:
    assert is_repetitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "one two three four five six seven eight nine ten eleven twelve",
        " ".join(DIGITS * 2),
        " ".join(f"{ten} {one}" for ten in ("twenty", "thirty", "forty", "fifty") for one in DIGITS[1:]),
        " ".join(VOCABULARY * 2),
        "No, no, no, no, no!",
        "zero zero zero zero zero zero zero",
        "Let it be, let it be, let it be, let it be.",
        "Row, row, row your boat, go down the stream, merrily, merrily, merrily, merrily, life is dreams. "
        * 2,
        "Happy birthday to you, happy birthday to you, happy birthday, dear Anna, happy birthday to you.",
        "भारत एक विशाल देश है जहाँ अनेक भाषाएँ बोली जाती हैं और यहाँ की संस्कृति बहुत पुरानी है। लोग अपने त्योहार मिलकर "
        "मनाते हैं और एक दूसरे की सहायता करते हैं। गाँवों में खेती मुख्य काम है और शहरों में उद्योग बढ़ रहे हैं।",
        "今日は天気がとても良いので、公園へ散歩に行きました。子供たちがボールで遊んでいました。",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "ha ha ha ha",
        "",
        "...",
    ],
)
def test_people_who_count_spell_sing_or_stammer_are_not_in_a_loop(text: str) -> None:
    assert not is_repetitive(text)


@pytest.mark.parametrize("vocabulary", [DIGITS, VOCABULARY], ids=["digits", "spelling alphabet"])
@pytest.mark.parametrize("seed", range(20))
def test_a_long_code_read_out_is_not_a_loop(vocabulary: Sequence[str], seed: int) -> None:
    drawn = random.Random(seed).choices(vocabulary, k=60)
    if max(len(list(same)) for _, same in itertools.groupby(drawn)) < 8:
        assert not is_repetitive(" ".join(drawn))


@given(
    st.lists(st.sampled_from([*DIGITS, *VOCABULARY]), min_size=1, max_size=20, unique=True),
    st.integers(8, 12),
)
def test_any_phrase_said_eight_times_is_a_loop(words: list[str], times: int) -> None:
    assert is_repetitive(" ".join(words * times))


def test_the_truth_of_our_recordings_raises_no_doubt() -> None:
    for path in SPEECH.glob("*.json"):
        for one in json.loads(path.read_text())["segments"]:
            assert doubts(Segment(one["start"], one["end"], one["text"])) == (), (path.name, one["text"])


@pytest.mark.parametrize(
    ("text", "seconds", "impossible"),
    [
        ("This is said at an everyday rate.", 2.0, False),
        ("This is said in far too little time for anybody.", 0.5, True),
        ("Yes.", 0.0, False),
        ("Yes.", 9.0, False),
        ("Yes.", 12.0, True),
        ("Yes, and so on.", 30.0, False),
        ("今日は天気がとても良いので散歩に行きました", 3.0, False),
        ("今日は天気がとても良いので散歩に行きました", 1.0, True),
        ("안녕하세요 만나서 반갑습니다", 2.0, False),
        ("안녕하세요 만나서 반갑습니다", 0.4, True),
        ("好", 12.0, True),
        ("好好学习天天向上", 12.0, False),
    ],
)
def test_a_rate_nobody_speaks_at_is_found(text: str, seconds: float, impossible: bool) -> None:
    assert has_impossible_rate(Segment(5.0, 5.0 + seconds, text)) == impossible


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (Segment(0, 2, "Hello there.", confidence=0.9, no_speech_probability=0.1), ()),
        (Segment(0, 2, "Hello there."), ()),
        (Segment(0, 2, "Hello there.", confidence=0.36), ("low-confidence",)),
        (Segment(0, 2, "Hello there.", confidence=0.37), ()),
        (Segment(0, 2, "Hello there.", no_speech_probability=0.61), ("no-speech",)),
        (Segment(0, 2, "Hello there.", no_speech_probability=0.6), ()),
        (Segment(0, 20, "no " * 9), ("repetition",)),
        (
            Segment(0, 0.1, "no " * 9, confidence=0.1, no_speech_probability=0.9),
            ("repetition", "no-speech", "speaking-rate", "low-confidence"),
        ),
    ],
)
def test_a_segment_gets_the_flags_it_deserves(segment: Segment, expected: tuple[str, ...]) -> None:
    assert doubts(segment) == expected
    assert all(FLAGS[flag].endswith(".") for flag in expected)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (Word("Osei", 0.0, 1.0, 0.49), True),
        (Word("Osei", 0.0, 1.0, 0.5), False),
        (Word("Osei", 0.0, 1.0, None), False),
        (Word("Osei", 0.0, 1.0, 0.1, checked=True), False),
    ],
)
def test_a_word_is_doubtful_until_somebody_has_checked_it(word: Word, expected: bool) -> None:
    assert is_doubtful(word) is expected


def test_every_flag_is_documented_with_its_meaning() -> None:
    page = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    assert [
        line for flag, meaning in FLAGS.items() if (line := f"| `{flag}` | {meaning} |") not in page
    ] == []

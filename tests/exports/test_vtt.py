import io
import re
from itertools import pairwise

import webvtt

from auricle.exports import export
from auricle.exports.cues import CueOptions, build_cues
from auricle.transcript import Transcript


def read(transcript: Transcript, **options: str) -> webvtt.WebVTT:
    content = export(transcript, "vtt", title='A "talk" --> of\ntwo', options=options).content
    return webvtt.from_buffer(io.BytesIO(content))


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_another_parser_reads_the_same_cues(talk: Transcript) -> None:
    cues = build_cues(talk, CueOptions())
    captions = read(talk).captions
    assert [(seconds(one.start), seconds(one.end)) for one in captions] == [
        (cue.start / 1000, cue.end / 1000) for cue in cues
    ]
    plain = [one.text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for one in captions]
    assert plain == [cue.text for cue in cues]


def test_speakers_are_voices(talk: Transcript) -> None:
    assert {one.voice for one in read(talk).captions} == {"Alice Müller", "Bob"}
    assert {one.voice for one in read(talk, speakers="no").captions} == {None}


def test_highlighting_marks_each_word_with_a_time_that_rises_within_the_cue(talk: Transcript) -> None:
    captions = read(talk, highlight="yes").captions
    for one in captions:
        stamps = [seconds(stamp) for stamp in re.findall(r"<(\d+:\d\d:\d\d\.\d{3})>", one.raw_text)]
        times = [seconds(one.start), *stamps, seconds(one.end)]
        assert all(earlier < later for earlier, later in pairwise(times))
        if one.raw_text.isascii():
            assert len(stamps) == len(re.sub(r"<[^>]*>", "", one.raw_text).split()) - 1
    assert [one.text for one in captions] == [one.text for one in read(talk).captions]


def test_a_recording_without_speech_is_a_header(silence: Transcript) -> None:
    assert list(read(silence).captions) == []

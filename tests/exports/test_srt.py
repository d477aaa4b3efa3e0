from datetime import timedelta

import srt

from auricle.exports import export
from auricle.exports.cues import CueOptions, build_cues
from auricle.transcript import Transcript


def test_another_parser_reads_the_same_cues(talk: Transcript) -> None:
    cues = build_cues(talk, CueOptions(), labelled=True)
    read = list(srt.parse(export(talk, "srt", title="Talk").content.decode(), ignore_errors=False))
    assert [(one.start, one.end, one.content) for one in read] == [
        (timedelta(milliseconds=cue.start), timedelta(milliseconds=cue.end), cue.text.replace("-->", "→"))
        for cue in cues
    ]
    assert [one.index for one in read] == list(range(1, len(cues) + 1))


def test_speakers_are_named_when_they_change(talk: Transcript) -> None:
    read = list(srt.parse(export(talk, "srt", title="Talk").content.decode()))
    named = [one.content.partition(":")[0] for one in read if one.content.startswith(("Alice", "Bob"))]
    assert named == ["Alice Müller", "Bob", "Alice Müller", "Bob"]


def test_nobody_is_named_where_nobody_is_known(alone: Transcript) -> None:
    content = export(alone, "srt", title="Talk", options={"speakers": "yes"}).content.decode()
    assert "Alice" not in content
    assert "None" not in content


def test_a_recording_without_speech_has_no_cues(silence: Transcript) -> None:
    assert list(srt.parse(export(silence, "srt", title="Nothing").content.decode())) == []

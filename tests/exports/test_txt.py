from dataclasses import replace

from auricle.exports import export
from auricle.transcript import Segment, Transcript


def text(transcript: Transcript, **options: str) -> str:
    return export(transcript, "txt", title="Talk", options=options).content.decode()


def test_a_paragraph_for_each_turn(talk: Transcript) -> None:
    paragraphs = text(talk).rstrip("\n").split("\n\n")
    assert paragraphs[0] == f"Alice Müller: {talk.segments[0].text} {talk.segments[1].text}"
    assert [one.partition(":")[0] for one in paragraphs] == ["Alice Müller", "Bob", "Alice Müller", "Bob"]


def test_a_line_for_each_sentence_with_its_time(talk: Transcript) -> None:
    lines = text(talk, times="yes", speakers="no").splitlines()
    assert lines[1] == f"[0:07] {talk.segments[1].text}"
    assert len(lines) == len(talk.segments)


def test_times_show_hours_in_a_long_recording(talk: Transcript) -> None:
    late = replace(talk, segments=(Segment(3723, 3725, "Late."),), duration=4000)
    assert text(late, times="yes") == "[1:02:03] Late.\n"


def test_a_pause_begins_a_paragraph_and_chinese_sentences_need_no_space(alone: Transcript) -> None:
    segments = (Segment(0, 1, "你好。"), Segment(1, 2, "再见。"), Segment(4.5, 5, "OK."))
    assert text(replace(alone, segments=segments)) == "你好。再见。\n\nOK.\n"


def test_one_speaker_is_named_only_where_asked_for(talk: Transcript) -> None:
    one = replace(talk, segments=talk.segments[:2])
    assert "Alice" not in text(one)
    assert text(one, speakers="yes").startswith("Alice Müller: Good morning")

"""Where `auricle transcribe` writes, what it leaves alone, and what it prints for programs."""

import json
import shutil
from pathlib import Path

import pytest

from auricle.exports import FORMATS
from command_line import Command, Start, files_below


@pytest.fixture
def talks(here: Path, speech: Path) -> Path:
    """A folder of recordings, with one in a sub-folder, something hidden, and a file that is no recording."""
    folder = here / "talks"
    (folder / "day two").mkdir(parents=True)
    (folder / ".trash").mkdir()
    shutil.copy(speech / "sentence_en.flac", folder / "opening.flac")
    shutil.copy(speech / "sentence_de.flac", folder / "day two" / "no ending")
    shutil.copy(speech / "sentence_de.flac", folder / ".trash" / "old.flac")
    (folder / "programme.txt").write_text("Opening, then lunch.")
    return folder


def test_several_recordings_are_written_to_the_working_directory(
    transcribe: Command, speech: Path, here: Path
) -> None:
    ended = transcribe(speech / "sentence_en.flac", speech / "en_00.flac")
    assert (ended.status, ended.stdout) == (0, "")
    assert files_below(here) == ["en_00.txt", "sentence_en.txt"]
    assert (here / "sentence_en.txt").read_text() == "Please send the budget on Friday.\n"


def test_output_keeps_sub_folders_and_knows_recordings_by_content(
    transcribe: Command, talks: Path, here: Path
) -> None:
    ended = transcribe(talks, "--output", "out/deep")
    assert ended.status == 0
    assert files_below(here / "out") == ["deep/day two/no ending.txt", "deep/opening.txt"]
    assert "Left out, as they hold no audio: " in ended.stderr
    assert "programme.txt" in ended.stderr


def test_every_format_can_be_asked_for_at_once(transcribe: Command, speech: Path, here: Path) -> None:
    ended = transcribe(speech / "sentence_en.flac", "--format", ",".join(FORMATS))
    assert ended.status == 0
    assert files_below(here) == sorted(f"sentence_en.{name}" for name in FORMATS)
    assert all((here / file).stat().st_size for file in files_below(here))


def test_equal_names_keep_their_endings(transcribe: Command, speech: Path, here: Path) -> None:
    for folder, name in (("a", "talk.flac"), ("a", "talk.wav"), ("b", "talk.flac")):
        (here / folder).mkdir(exist_ok=True)
        shutil.copy(speech / "en_10.flac", here / folder / name)
    assert transcribe("a", "b/talk.flac", "-o", "out", "-f", "srt").status == 0
    assert files_below(here / "out") == ["talk.flac-2.srt", "talk.flac.srt", "talk.wav.srt"]


def test_a_recording_that_is_named_twice_is_transcribed_once(
    transcribe: Command, talks: Path, here: Path
) -> None:
    ended = transcribe("talks/opening.flac", talks / "opening.flac", "./talks/../talks/opening.flac")
    assert ended.stdout == "Please send the budget on Friday.\n"


def test_output_to_stdout_is_the_file_and_nothing_else(transcribe: Command, speech: Path, here: Path) -> None:
    written = transcribe(speech / "sentence_en.flac", "-f", "srt", "-o", ".")
    printed = transcribe(speech / "sentence_en.flac", "-f", "srt", "-o", "-")
    assert (written.stdout, printed.status) == ("", 0)
    assert printed.stdout == (here / "sentence_en.srt").read_text()


def test_stdout_takes_one_recording_in_one_format(transcribe: Command, speech: Path) -> None:
    one, other = speech / "en_00.flac", speech / "en_01.flac"
    for arguments in ([one, other, "-o", "-"], [one, "-o", "-", "-f", "txt,srt"], [one, "-o", "-", "--json"]):
        ended = transcribe(*arguments)
        assert (ended.status, ended.stdout) == (2, "")
        assert ended.stderr.startswith("auricle: ")
        assert len(ended.stderr.splitlines()) == 1


def test_files_that_exist_are_left_alone_unless_forced(transcribe: Command, speech: Path, here: Path) -> None:
    mine = here / "sentence_en.txt"
    mine.write_text("Corrected by hand.")
    skipped = transcribe(speech / "sentence_en.flac", "-f", "txt")
    assert skipped.status == 0
    assert "sentence_en.txt: exists, skipped (--force writes it anew)" in skipped.stderr
    assert mine.read_text() == "Corrected by hand."
    assert transcribe(speech / "sentence_en.flac", "-f", "txt", "--force").status == 0
    assert mine.read_text() == "Please send the budget on Friday.\n"


def test_of_several_formats_only_the_missing_are_written(
    transcribe: Command, speech: Path, here: Path
) -> None:
    (here / "sentence_en.txt").write_text("Corrected by hand.")
    assert transcribe(speech / "sentence_en.flac", "-f", "txt,srt").status == 0
    assert (here / "sentence_en.txt").read_text() == "Corrected by hand."
    assert "Please send the budget" in (here / "sentence_en.srt").read_text()


def test_options_of_a_format_are_set_by_name(transcribe: Command, speech: Path) -> None:
    ended = transcribe(speech / "sentence_en.flac", "-f", "txt", "--set", "txt.times=yes", "-o", "-")
    assert ended.stdout.startswith("[")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("srt.max_line=37", "would have no effect"),
        ("txt.size=3", "has no option size"),
        ("txt.times=perhaps", "has to be yes or no"),
        ("times=yes", "has to read FORMAT.OPTION=VALUE"),
    ],
)
def test_a_wrong_option_of_a_format_is_told_before_any_work(
    transcribe: Command, here: Path, wrong: str, why: str
) -> None:
    (here / "empty.wav").touch()
    ended = transcribe("empty.wav", "-f", "txt", "--set", wrong)
    assert ended.status == 2
    assert why in ended.stderr
    assert "empty.wav" not in ended.stderr


def test_json_is_one_line_for_every_recording(transcribe: Command, speech: Path, here: Path) -> None:
    (here / "broken.wav").write_bytes(b"RIFF")
    (here / "en_00.txt").write_text("here already")
    ended = transcribe("broken.wav", speech / "en_00.flac", speech / "sentence_en.flac", "--json")
    assert ended.status == 1
    lines = {Path(line["file"]).name: line for line in map(json.loads, ended.stdout.splitlines())}
    assert lines["en_00.flac"] == {
        "file": str(speech / "en_00.flac"),
        "status": "skipped",
        "outputs": ["en_00.txt"],
    }
    assert lines["broken.wav"]["status"] == "failed"
    assert lines["broken.wav"]["error"]["code"] == "audio_unreadable"
    done = lines["sentence_en.flac"]
    assert done.pop("seconds") > 0
    assert done == {
        "file": str(speech / "sentence_en.flac"),
        "status": "done",
        "outputs": ["sentence_en.txt"],
        "language": "en",
        "duration": 3.205,
        "warnings": [],
    }


def test_a_failure_does_not_stop_the_others(transcribe: Command, talks: Path, here: Path) -> None:
    (talks / "broken.mp3").write_bytes(b"")
    ended = transcribe("missing.wav", talks, "-o", "out")
    assert ended.status == 1
    assert "missing.wav: failed: There is no file missing.wav." in ended.stderr
    assert "broken.mp3: failed: The file is empty (0 bytes)." in ended.stderr
    assert files_below(here / "out") == ["day two/no ending.txt", "opening.txt"]


def test_a_transcript_never_takes_the_place_of_a_recording(
    transcribe: Command, speech: Path, here: Path
) -> None:
    recording = here / "talk.txt"
    shutil.copy(speech / "en_10.flac", recording)
    ended = transcribe("talk.txt", "-f", "txt", "--force")
    assert ended.status == 2
    assert "talk.txt is a recording" in ended.stderr
    assert recording.read_bytes() == (speech / "en_10.flac").read_bytes()


def test_an_output_that_cannot_be_is_told_before_any_work(
    transcribe: Command, speech: Path, here: Path
) -> None:
    (here / "file").write_text("not a folder")
    for output in ("file", "file/deeper"):
        ended = transcribe(speech / "en_10.flac", "-o", output)
        assert ended.status == 2
        assert "file is a file, not a folder" in ended.stderr


def test_a_standard_output_without_room_is_a_failure(started: Start, speech: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        process = started(speech / "en_10.flac", stdout=full)
        _, message = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "There is no room left on the disk for standard output" in message
    assert len(message.splitlines()) == 1


def test_whoever_reads_the_output_may_stop_early(started: Start, speech: Path) -> None:
    process = started(speech / "en_10.flac")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    message = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert message == ""

"""`auricle transcribe`: what it hears, how it shows progress, and how it goes on after an interruption."""

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command_line import Command, Start, files_below

SENTENCE = "Please send the budget on Friday.\n"


def test_one_recording_is_text_on_stdout_and_leaves_nothing_behind(
    transcribe: Command, speech: Path, here: Path, data_dir: Path
) -> None:
    ended = transcribe(speech / "sentence_en.flac")
    assert (ended.status, ended.stdout) == (0, SENTENCE)
    assert files_below(here) == files_below(data_dir) == []


def test_the_language_is_detected_or_taken_as_given(transcribe: Command, speech: Path) -> None:
    detected = transcribe(speech / "sentence_de.flac", "-f", "json", "-o", "-")
    assert json.loads(detected.stdout)["language"] == "de"
    given = transcribe(speech / "sentence_de.flac", "-f", "json", "-o", "-", "--language", "EN")
    assert json.loads(given.stdout)["language"] == "en"


def test_from_and_to_limit_the_range_and_times_stay_those_of_the_recording(
    transcribe: Command, speech: Path
) -> None:
    ended = transcribe(
        speech / "speech_silence_speech.flac", "--from", "0:10", "--to", "60", "-f", "json", "-o", "-"
    )
    document = json.loads(ended.stdout)
    assert document["segments"]
    assert all(segment["start"] > 10 for segment in document["segments"])
    assert document["made_with"]["options"] == {"start": 10.0, "end": 60.0}


def test_split_channels_are_one_speaker_each(transcribe: Command, speech: Path) -> None:
    recording = speech / "two_channels.flac"
    ended = transcribe(recording, "--channels", "split", "--to", "20", "-f", "json", "-o", "-")
    document = json.loads(ended.stdout)
    assert [speaker["id"] for speaker in document["speakers"]] == ["channel-1", "channel-2"]
    assert {segment["speaker"] for segment in document["segments"]} == {"channel-1", "channel-2"}


def test_options_of_speech_reach_the_engine(transcribe: Command, speech: Path) -> None:
    options = ["--beam-size", "2", "--no-word-times", "--temperatures", "0,0.4", "--vad-padding", "0.3"]
    ended = transcribe(speech / "sentence_en.flac", *options, "-f", "json", "-o", "-")
    document = json.loads(ended.stdout)
    asked = document["made_with"]["options"]
    assert asked["beam_size"] == 2
    assert asked["temperatures"] == [0.0, 0.4]
    assert asked["vad_options"]["padding"] == 0.3
    assert all(segment["words"] == [] for segment in document["segments"])


def test_settings_give_what_flags_do_not(
    transcribe: Command, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_LANGUAGE", "de")
    arguments = (speech / "sentence_en.flac", "-f", "json", "-o", "-")
    assert json.loads(transcribe(*arguments).stdout)["language"] == "de"
    assert json.loads(transcribe(*arguments, "--language", "en").stdout)["language"] == "en"


@pytest.mark.parametrize(
    "recording",
    ["jfk_aac.mp4", "jfk_live_noduration.webm", "jfk_opus.opus", "jfk_8k_mulaw.wav", "jfk.amr"],
)
def test_real_recordings_of_any_kind_are_transcribed(
    transcribe: Command, shared_data: Path, recording: str
) -> None:
    ended = transcribe(shared_data / "derived" / recording, "-f", "json", "-o", "-")
    assert ended.status == 0
    assert json.loads(ended.stdout)["duration"] == pytest.approx(11.0, abs=0.2)


def test_without_a_terminal_progress_is_plain_lines_on_stderr(transcribe: Command, speech: Path) -> None:
    ended = transcribe(speech / "sentence_en.flac", speech / "en_00.flac")
    assert ended.stdout == ""
    assert "\x1b" not in ended.stderr
    assert "\r" not in ended.stderr
    first, second = ended.stderr.splitlines()
    assert first.startswith("sentence_en.flac: 0:03 in 0:0")
    assert "× real time), written to sentence_en.txt" in first
    assert second.startswith("en_00.flac: ")


def test_quiet_shows_nothing_but_trouble(transcribe: Command, speech: Path, here: Path) -> None:
    (here / "broken.wav").write_bytes(b"")
    ended = transcribe("--quiet", here / "broken.wav", speech / "sentence_en.flac")
    assert ended.stderr == f"{here}/broken.wav: failed: The file is empty (0 bytes).\n"


def test_on_a_terminal_a_bar_shows_progress_and_stdout_stays_clean(
    started: Start, long_recording: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    terminal, theirs = pty.openpty()
    process = started(*long_recording, "-o", "-", stderr=theirs)
    os.close(theirs)
    shown = _everything(terminal)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "long_en.flac" in shown
    assert "━" in shown
    assert " of 1:58" in shown
    assert "× real time" in shown
    assert " left" in shown
    assert json.loads(text)["duration"] == pytest.approx(118, abs=1)


def test_ctrl_c_says_how_to_go_on_and_the_same_command_gives_the_whole_transcript(
    started: Start, transcribe: Command, long_recording: list[str | Path], data_dir: Path, here: Path
) -> None:
    process = started(*long_recording, "-o", "-")
    kept = _first_part(process, data_dir)
    process.send_signal(signal.SIGINT)
    text, message = process.communicate(timeout=60)
    assert (process.returncode, text) == (130, "")
    assert "the same command goes on" in message
    assert "Traceback" not in message
    # The part that is kept is read, not made again: what it says is what comes out.
    document = json.loads(kept.read_text())
    document["segments"][0]["text"] = "This was kept."
    document["segments"][0]["words"] = []
    kept.write_text(json.dumps(document))
    continued = transcribe(*long_recording, "-o", "-")
    assert continued.status == 0
    assert "This was kept." in continued.stdout
    assert files_below(data_dir) == files_below(here) == []


def test_after_a_kill_the_transcript_is_that_of_an_uninterrupted_run(
    started: Start, transcribe: Command, long_recording: list[str | Path], data_dir: Path
) -> None:
    process = started(*long_recording, "-o", "-")
    _first_part(process, data_dir)
    process.kill()
    process.communicate(timeout=60)
    continued = json.loads(transcribe(*long_recording, "-o", "-").stdout)
    assert files_below(data_dir) == []
    whole = json.loads(transcribe(*long_recording, "-o", "-").stdout)
    for document in (continued, whole):
        document["made_with"].pop("timings")
    assert continued == whole


def test_a_second_process_on_the_same_recording_is_sent_away(
    started: Start, transcribe: Command, long_recording: list[str | Path], data_dir: Path
) -> None:
    process = started(*long_recording, "-o", "-")
    _first_part(process, data_dir)
    process.send_signal(signal.SIGSTOP)
    try:
        ended = transcribe(*long_recording, "-o", "-")
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert (ended.status, ended.stdout) == (1, "")
    assert "already being transcribed" in ended.stderr


def test_an_engine_that_needs_no_model_works_as_well(auricle: Command, speech: Path) -> None:
    ended = auricle("transcribe", "--engine", "pocketsphinx", speech / "sentence_en.flac")
    assert ended.status == 0
    assert ended.stdout.strip()


@pytest.fixture
def long_recording(speech: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | Path]:
    """Arguments for two minutes of speech, cut into parts of half a minute and decoded one by one."""
    monkeypatch.setenv("AURICLE_PART_LENGTH", "30")
    monkeypatch.setenv("AURICLE_PART_LIMIT", "30")
    return [speech / "long_en.flac", "-f", "json"]


def _first_part(process: "subprocess.Popen[str]", data_dir: Path) -> Path:
    """Wait until one part is finished, and no longer."""
    while process.poll() is None:
        if kept := sorted(data_dir.rglob("part-*.json")):
            return kept[0]
        time.sleep(0.005)
    raise AssertionError(f"the process ended before a part was kept: {process.communicate()}")


def _everything(terminal: int) -> str:
    """What was written to a pseudo-terminal until its other side was closed."""
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            piece = b""
        if not piece:
            os.close(terminal)
            return shown.decode()
        shown += piece

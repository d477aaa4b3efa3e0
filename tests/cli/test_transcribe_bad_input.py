"""`auricle transcribe` with all that can be wrong: one sentence, the right status, nothing left behind."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auricle.exports import FORMATS
from auricle.testing import silence, tone, write_wav
from command_line import Command, Ended, files_below

#: What of `../shared/data/broken` holds audio; every other file is an error.
DECODABLE = {
    "data_size_lies_1GB.wav",
    "mp3_with_junk_prefix.mp3",
    "truncated_half.webm",
    "very_short_100ms.wav",
    "very_short_1ms.wav",
}
MEGABYTE = 1 << 20


def assert_told(ended: Ended, status: int, *words: str) -> None:
    """One line that says these words, and nothing on stdout."""
    assert (ended.status, ended.stdout) == (status, "")
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    for word in words:
        assert word in ended.stderr


def test_every_broken_recording_is_told_in_one_line_and_leaves_nothing_behind(
    transcribe: Command, shared_data: Path, here: Path, data_dir: Path
) -> None:
    broken = [path for path in sorted((shared_data / "broken").iterdir()) if path.name not in DECODABLE]
    assert len(broken) == 7
    for path in broken:
        assert_told(transcribe(path, "-o", "out"), 1, f"{path}: failed: ")
        assert files_below(here) == files_below(data_dir) == []


def test_what_can_be_decoded_of_a_broken_recording_is_transcribed(
    transcribe: Command, shared_data: Path, here: Path
) -> None:
    ended = transcribe(*(shared_data / "broken" / name for name in sorted(DECODABLE)), "-o", "out")
    assert ended.status == 0
    assert files_below(here / "out") == sorted(f"{Path(name).stem}.txt" for name in DECODABLE)
    assert "truncated_half.webm: warning: The recording ends after 5.6 s of 11.0 s" in ended.stderr


def test_broken_recordings_need_little_memory(tiny_model: Path, shared_data: Path, here: Path) -> None:
    # Linux counts what a process was before it became another one: so a small one starts it, not we.
    measuring = (
        "import os, sys; process = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, *sys.argv[1:]]); "
        "print(os.wait4(process, 0)[2].ru_maxrss)"
    )
    transcribing = ["-m", "auricle", "transcribe", "-q", "-m", str(tiny_model), "-o", "out"]
    ended = subprocess.run(
        [sys.executable, "-c", measuring, *transcribing, *map(str, (shared_data / "broken").iterdir())],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "data_size_lies_1GB.txt" in files_below(here / "out")
    assert int(ended.stdout) * 1024 < 350 * MEGABYTE


def test_a_missing_recording_is_told_before_a_model_is_looked_for(auricle: Command) -> None:
    ended = auricle("transcribe", "--model", "large-v3", "missing.wav")
    assert_told(ended, 1, "There is no file missing.wav.")


def test_a_folder_without_recordings_is_told(transcribe: Command, here: Path) -> None:
    (here / "empty").mkdir()
    assert_told(transcribe("empty"), 2, "There is no recording in empty.")
    (here / "empty" / "notes.txt").write_text("Nothing to hear.")
    assert_told(transcribe("empty"), 2, "There is no recording in empty.")


def test_what_is_no_file_is_told(transcribe: Command) -> None:
    assert_told(transcribe("/dev/zero"), 1, "a device or a pipe")


def test_a_header_without_audio_is_an_error(transcribe: Command, here: Path, data_dir: Path) -> None:
    write_wav(here / "silent.wav", silence(0))
    assert_told(transcribe("silent.wav"), 1, "silent.wav: failed: ")
    assert files_below(data_dir) == []


@pytest.mark.parametrize("name", ["nothing", "tone", "one millisecond"])
def test_audio_without_speech_is_an_empty_transcript_in_every_format(
    transcribe: Command, here: Path, name: str
) -> None:
    sound = {"nothing": silence(5), "tone": tone(440, 5), "one millisecond": silence(0.001)}[name]
    write_wav(here / "sound.wav", sound)
    ended = transcribe("sound.wav", "-f", ",".join(FORMATS))
    assert ended.status == 0, ended.stderr
    assert files_below(here) == sorted(["sound.wav", *(f"sound.{name}" for name in FORMATS)])
    assert (here / "sound.txt").read_text().strip() == ""
    assert '"segments": []' in (here / "sound.json").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "with space.flac",
        "quote'\"s.flac",
        "日本語 ünï.flac",
        "new\nline.flac",
        "[red]x[b].flac",
        "\x1b[31m.flac",
    ],
)
def test_any_name_is_a_name(transcribe: Command, speech: Path, here: Path, name: str) -> None:
    shutil.copy(speech / "sentence_en.flac", here / name)
    ended = transcribe(here / name, "-o", "out")
    assert ended.status == 0
    assert files_below(here / "out") == [f"{Path(name).stem}.txt"]
    assert len(ended.stderr.splitlines()) == 1
    assert "\x1b" not in ended.stderr


def test_a_name_that_is_no_utf8_is_a_name_in_every_format(
    transcribe: Command, speech: Path, here: Path
) -> None:
    shutil.copy(speech / "sentence_en.flac", os.fsencode(here) + b"/caf\xe9.flac")
    ended = transcribe(".", "-f", ",".join(FORMATS), "--json")
    assert ended.status == 0
    assert '"file": "caf\\udce9.flac"' in ended.stdout
    assert len(list(here.iterdir())) == 1 + len(FORMATS)


def test_a_name_may_begin_with_a_dash(transcribe: Command, speech: Path, here: Path) -> None:
    shutil.copy(speech / "sentence_en.flac", here / "-x.flac")
    assert transcribe("--", "-x.flac").stdout == "Please send the budget on Friday.\n"


def test_a_name_may_be_as_long_as_names_can_be(transcribe: Command, speech: Path, here: Path) -> None:
    name = "é" * 125
    shutil.copy(speech / "sentence_en.flac", here / f"{name}.wav")
    ended = transcribe(here, "-o", "out")
    assert ended.status == 0
    assert files_below(here / "out") == [f"{name}.txt"]


def test_an_empty_name_is_no_folder(transcribe: Command, speech: Path, here: Path) -> None:
    shutil.copy(speech / "sentence_en.flac", here)
    assert_told(transcribe(""), 2, "A name of a recording is empty")


def test_a_folder_in_the_place_of_a_transcript_is_told_by_its_name(
    transcribe: Command, speech: Path, here: Path
) -> None:
    (here / "en_10.txt").mkdir()
    assert_told(transcribe(speech / "en_10.flac", "-f", "txt", "--force"), 1, "Is a directory: en_10.txt")


def test_an_unknown_model_is_named_with_those_there_are(auricle: Command, speech: Path) -> None:
    ended = auricle("transcribe", "-m", "smal", speech / "en_10.flac")
    assert_told(ended, 2, "There is no model 'smal'", "small")


def test_offline_a_model_that_is_not_here_is_an_error_that_says_what_to_do(
    auricle: Command, speech: Path
) -> None:
    ended = auricle("transcribe", "-m", "base", speech / "en_10.flac")
    assert_told(ended, 1, "base", "AURICLE_OFFLINE", "auricle models pull base")


def test_without_a_network_a_model_that_is_not_here_is_told_at_once(
    auricle: Command, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AURICLE_OFFLINE")
    monkeypatch.setenv("AURICLE_HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    ended = auricle("transcribe", "-m", "base", speech / "en_10.flac")
    assert_told(ended, 1, "http://127.0.0.1:9 cannot be reached")


def test_without_a_model_english_is_still_heard_with_a_warning(auricle: Command, speech: Path) -> None:
    ended = auricle("transcribe", "--quiet", speech / "sentence_en.flac")
    assert ended.status == 0
    assert ended.stdout.strip()
    assert "warning: No Whisper model could be had" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--engine", "pocketsphinx", "--language", "de"], ["language = de", "faster-whisper"]),
        (["--engine", "pocketsphinx", "--beam-size", "3"], ["beam_size = 3", "faster-whisper"]),
        (["--engine", "pocketsphinx", "--task", "translate"], ["task = translate", "faster-whisper"]),
        (["--language", "English"], ["language", "has to be an ISO 639 code"]),
        (["--engine", "whisperx"], ["whisperx", "pocketsphinx"]),
        (["--task", "sing"], ["has to be transcribe or translate"]),
        (["--channels", "left"], ["has to be mix or split"]),
        (["--threads", "-1"], ["threads (flag) is -1"]),
        (["--temperatures", "0,hot"], ["temperatures is '0,hot'", "for example 0,0.4,0.8"]),
        (["--vad-threshold", "2"], ["vad threshold is 2.0"]),
        (["--no-vad", "--vad-padding", "1"], ["--no-vad"]),
        (["--from", "2:00", "--to", "1:00"], ["--to 1:00 does not lie after --from 2:00"]),
        (["--from", "soon"], ["--from is 'soon'", "1:02:03.5"]),
        (["--format", "doc"], ["There is no format 'doc'", "docx"]),
    ],
)
def test_an_option_that_cannot_be_honoured_is_told_with_what_can(
    auricle: Command, speech: Path, arguments: list[str], words: list[str]
) -> None:
    assert_told(auricle("transcribe", speech / "en_10.flac", *arguments), 2, *words)


def test_a_language_that_no_engine_knows_is_told(transcribe: Command, speech: Path) -> None:
    assert_told(transcribe(speech / "en_10.flac", "--language", "xx"), 2, "language = xx")


def test_a_token_that_the_model_does_not_have_is_told(transcribe: Command, speech: Path) -> None:
    ended = transcribe(speech / "en_10.flac", "--suppress-tokens", "-1,999999999")
    assert_told(ended, 2, "suppress_tokens has 999999999")


def test_a_range_behind_the_end_is_told_and_leaves_nothing_behind(
    transcribe: Command, speech: Path, data_dir: Path
) -> None:
    ended = transcribe(speech / "sentence_en.flac", "--from", "100")
    assert_told(ended, 1, "3.205 s long")
    assert files_below(data_dir) == []


def test_a_recording_that_may_not_be_read_is_told(
    transcribe: Command, speech: Path, unprivileged: Path
) -> None:
    secret = unprivileged / "secret.flac"
    shutil.copy(speech / "en_10.flac", secret)
    secret.chmod(0)
    with _without_privileges():
        assert_told(transcribe(secret), 1, "permission denied")
        assert "permission denied" in transcribe(unprivileged, "-o", "-").stderr


def test_a_folder_that_may_not_be_written_is_told_before_any_work(
    transcribe: Command, speech: Path, unprivileged: Path
) -> None:
    shutil.copy(speech / "en_10.flac", unprivileged / "talk.flac")
    unprivileged.chmod(0o555)
    with _without_privileges():
        ended = transcribe(unprivileged / "talk.flac", "-o", unprivileged / "out")
    assert_told(ended, 2, "cannot be written to", "--output")


def test_a_full_disk_leaves_no_half_of_a_transcript_and_costs_no_work(
    transcribe: Command, speech: Path, full: Path, data_dir: Path
) -> None:
    arguments = (speech / "sentence_en.flac", "-f", "txt,docx", "-o", full / "out")
    assert_told(transcribe(*arguments), 1, "There is no room left on the disk for", str(full))
    assert files_below(full) == ["filler"]
    assert any("part-0-0000.json" in file for file in files_below(data_dir))
    (full / "filler").unlink()
    assert transcribe(*arguments).status == 0
    assert files_below(data_dir) == []


def test_a_disk_without_room_for_the_work_is_told(
    transcribe: Command, speech: Path, full: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_DATA_DIR", str(full / "data"))
    ended = transcribe(speech / "sentence_en.flac", "-o", "out")
    assert_told(ended, 1, "no room", str(full))
    assert files_below(here) == []


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk without any room left."""
    disk = tmp_path / "full"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        (disk / "out").mkdir()
        with pytest.raises(OSError, match="No space left"):
            (disk / "filler").write_bytes(bytes(MEGABYTE))
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("time", ["1e305", "1e308:0", "99999999"])
def test_a_time_no_recording_reaches_is_refused(transcribe: Command, bundled: Path, time: str) -> None:
    assert_told(transcribe(bundled, "--to", time), 2, "--to", "later than any recording")


def test_an_output_that_exists_does_not_hide_a_missing_recording(transcribe: Command, here: Path) -> None:
    (here / "nofile.txt").touch()
    assert_told(transcribe("nofile.wav", "-o", "."), 1, "nofile.wav")


@pytest.fixture
def unprivileged(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that other users can reach; the working directory of the test's command."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    for name in ("XDG_CONFIG_HOME", "AURICLE_DATA_DIR", "AURICLE_MODELS_DIR"):
        monkeypatch.setenv(name, str(folder / "nothing"))
    yield folder
    shutil.rmtree(folder)


@contextmanager
def _without_privileges() -> Iterator[None]:
    """As a user who is not root, to whom permissions mean something."""
    if os.geteuid():
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)

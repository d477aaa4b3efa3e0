"""All stages together: from a recording to a transcript, through crashes, stops and odd recordings."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from auricle.audio.probe import Limits
from auricle.audio.vad import VadOptions
from auricle.engines import LanguageGuess, SpeechOptions
from auricle.engines.faster_whisper import FasterWhisper, load
from auricle.errors import AudioError, Cancelled, Conflict, DiskFull, UnsupportedOption
from auricle.pipeline import PrepareOptions, Progress, run
from auricle.testing import FakeEngine, noise, say, silence, tone, write_wav
from auricle.transcript import Transcript
from auricle.transcript.schema import transcript_schema

SENTENCES = ["Alpha bravo.", "Charlie delta echo.", "Foxtrot.", "Golf hotel.", "India juliet kilo."]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """Five sentences, three seconds of silence after each: with parts of 5 s, one sentence a part."""
    sound = np.concatenate([piece for one in SENTENCES for piece in (say(one), silence(3.0))])
    return write_wav(tmp_path / "spoken.wav", sound)


@pytest.fixture(scope="module")
def whisper(tiny_model: Path) -> Iterator[FasterWhisper]:
    engine = load(tiny_model, model="tiny-fixture", revision="1", threads=2)
    yield engine
    engine.close()


SHORT_PARTS = PrepareOptions(part_length=5.0, part_limit=8.0)


def texts(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


def heard(source: Path, work: Path, engine: Any = None, **options: Any) -> Transcript:
    prepare = options.pop("prepare", PrepareOptions())
    speech = options.pop("speech", SpeechOptions())
    return run(source, engine or FakeEngine(), speech, prepare, work=work, **options)


def leftovers(work: Path) -> list[Path]:
    return [path for path in work.rglob("*") if path.is_file()]


def fails_at(window: int) -> Callable[[int], None]:
    """Something that goes wrong at the window with this number, counted over all parts."""
    seen: list[int] = []

    def hear_or_fail(number: int) -> None:
        seen.append(number)
        if len(seen) == window:
            raise RuntimeError(f"It went wrong at window {window}.")

    return hear_or_fail


def test_a_recording_becomes_a_transcript(bundled: Path, work: Path, whisper: FasterWhisper) -> None:
    transcript = heard(bundled, work, whisper)
    assert texts(transcript)[:3] == [
        "We have seventeen days left.",
        "Room four is busy.",
        "The meeting ends at twelve thirty.",
    ]
    assert transcript.language == "en"
    assert transcript.duration == pytest.approx(48.6, abs=0.1)
    assert 30 < transcript.speech_duration < 40
    made = transcript.made_with
    assert (made.engine, made.model, made.revision, made.device) == (
        "faster-whisper",
        "tiny-fixture",
        "1",
        "cpu",
    )
    assert set(made.timings) == {"prepare", "transcribe"}


def test_the_transcript_is_valid_and_its_times_never_go_backwards(
    bundled: Path, work: Path, whisper: FasterWhisper
) -> None:
    import jsonschema

    transcript = heard(bundled, work, whisper)
    jsonschema.validate(transcript.to_dict(), transcript_schema())
    assert Transcript.from_dict(json.loads(transcript.to_json())) == transcript
    starts = [segment.start for segment in transcript.segments]
    assert starts == sorted(starts)
    for segment in transcript.segments:
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)


def test_parts_give_what_the_whole_gives(spoken: Path, work: Path) -> None:
    assert texts(heard(spoken, work, prepare=SHORT_PARTS)) == texts(heard(spoken, work)) == SENTENCES


def test_nothing_is_left_behind_after_success(spoken: Path, work: Path) -> None:
    heard(spoken, work)
    assert leftovers(work) == []


def test_a_failed_engine_costs_one_part_and_the_same_call_goes_on(spoken: Path, work: Path) -> None:
    with pytest.raises(RuntimeError, match="window 3"):
        heard(spoken, work, FakeEngine(fails_at(3)), prepare=SHORT_PARTS)
    calls: list[int] = []
    continued = heard(spoken, work, FakeEngine(calls.append), prepare=SHORT_PARTS)
    all_calls: list[int] = []
    whole = heard(spoken, work, FakeEngine(all_calls.append), prepare=SHORT_PARTS)
    assert len(calls) == len(all_calls) - 2
    assert continued.segments == whole.segments


def test_a_killed_process_costs_one_part(tmp_path: Path, tiny_model: Path, speech: Path, work: Path) -> None:
    script = tmp_path / "transcribe.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from auricle.engines import SpeechOptions\n"
        "from auricle.engines.faster_whisper import load\n"
        "from auricle.pipeline import PrepareOptions, run\n"
        "engine = load(Path(sys.argv[1]), model='tiny', revision='1', threads=2)\n"
        "def report(progress):\n"
        "    print(round(progress.done, 1), flush=True)\n"
        "    time.sleep(float(sys.argv[4]))\n"
        "transcript = run(Path(sys.argv[2]), engine, SpeechOptions(), \n"
        "    PrepareOptions(part_length=20, part_limit=30), work=Path(sys.argv[3]), report=report)\n"
        "print(transcript.to_json(), file=sys.stderr)\n"
    )

    def command(folder: Path, pause: str) -> list[str]:
        return [
            sys.executable,
            str(script),
            str(tiny_model),
            str(speech / "long_en.flac"),
            str(folder),
            pause,
        ]

    with subprocess.Popen(
        command(work, "0.3"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if float(line) > 60:
                break
        first.send_signal(signal.SIGKILL)
    kept = sorted(path.name for path in work.rglob("part-*.json"))
    assert 2 <= len(kept) < 6
    second = subprocess.run(command(work, "0"), capture_output=True, text=True, check=True)
    assert float(second.stdout.split()[0]) > 40, "it began again instead of going on"
    whole = subprocess.run(command(tmp_path / "other", "0"), capture_output=True, text=True, check=True)
    assert json.loads(second.stderr)["segments"] == json.loads(whole.stderr)["segments"]
    assert leftovers(work) == []


def test_a_preparation_that_was_finished_is_not_done_again(spoken: Path, work: Path) -> None:
    def stop(_: int) -> None:
        wait_for(lambda: bool(list(work.rglob("prepared.json"))))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        heard(spoken, work, FakeEngine(stop), prepare=SHORT_PARTS)
    transcript = heard(spoken, work, prepare=SHORT_PARTS)
    assert texts(transcript) == SENTENCES
    assert transcript.made_with.timings["prepare"] == 0.0


def test_a_preparation_whose_samples_were_lost_is_done_again(spoken: Path, work: Path) -> None:
    def stop(_: int) -> None:
        wait_for(lambda: bool(list(work.rglob("prepared.json"))))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        heard(spoken, work, FakeEngine(stop), prepare=SHORT_PARTS)
    for pcm in work.rglob("*.pcm"):
        pcm.write_bytes(b"\0\0")
    assert texts(heard(spoken, work, prepare=SHORT_PARTS)) == SENTENCES


def test_a_damaged_checkpoint_is_heard_again(spoken: Path, work: Path) -> None:
    with pytest.raises(RuntimeError):
        heard(spoken, work, FakeEngine(fails_at(3)), prepare=SHORT_PARTS)
    next(work.rglob("part-0-0000.json")).write_text('{"language": ["en"')
    assert texts(heard(spoken, work, prepare=SHORT_PARTS)) == SENTENCES


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_other_options_begin_anew_and_leave_the_first_checkpoint_alone(spoken: Path, work: Path) -> None:
    def stop(_: int) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        heard(spoken, work, FakeEngine(stop))
    before = {path.parent for path in work.rglob("*.pcm")} or {work}
    heard(spoken, work, speech=SpeechOptions(word_times=False))
    assert all(folder.exists() for folder in before)


def test_two_processes_do_not_work_on_the_same_recording(spoken: Path, work: Path) -> None:
    refused: list[str] = []

    def try_at_once(_: int) -> None:
        with pytest.raises(Conflict) as problem:
            heard(spoken, work)
        refused.append(str(problem.value))

    heard(spoken, work, FakeEngine(try_at_once))
    assert refused
    assert "another process" in refused[0]


def test_old_checkpoints_are_swept_and_held_ones_are_not(spoken: Path, work: Path) -> None:
    for name in ("old", "held", "new"):
        (work / name).mkdir(parents=True)
        (work / name / "part-0-0000.json").write_text("{}")
    ten_days_ago = time.time() - 10 * 86_400
    for name in ("old", "held"):
        for path in (work / name / "part-0-0000.json", work / name):
            os.utime(path, (ten_days_ago, ten_days_ago))
    with FileLock(work / "held.lock"):
        heard(spoken, work, keep_days=7)
    assert {path.name for path in work.iterdir() if path.is_dir()} == {"held", "new"}


def test_a_report_can_cancel_and_the_work_goes_on_later(spoken: Path, work: Path) -> None:
    def cancel(progress: Progress) -> None:
        if progress.stage == "transcribe" and progress.done > 5:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        heard(spoken, work, prepare=SHORT_PARTS, report=cancel)
    calls: list[int] = []
    assert texts(heard(spoken, work, FakeEngine(calls.append), prepare=SHORT_PARTS)) == SENTENCES
    assert len(calls) < len(SENTENCES)


def test_progress_rises_to_the_whole_and_brings_the_text_as_it_comes(spoken: Path, work: Path) -> None:
    reports: list[Progress] = []
    transcript = heard(spoken, work, prepare=SHORT_PARTS, report=reports.append)
    done = [one.done for one in reports if one.stage == "transcribe"]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(transcript.duration, abs=0.01)
    assert reports[-1].stage == "assemble"
    assert [segment.text for one in reports for segment in one.segments] == SENTENCES
    assert reports[-2].remaining == pytest.approx(0.0, abs=0.05)


def test_inference_starts_while_the_recording_is_still_being_read(tmp_path: Path, work: Path) -> None:
    speech = say("Alpha bravo charlie delta echo. " * 14)
    recording = write_wav(tmp_path / "long.wav", np.concatenate([speech, speech, silence(1800)]))
    prepared_at_first_window: list[bool] = []
    heard(
        recording,
        work,
        FakeEngine(lambda _: prepared_at_first_window.append(bool(list(work.rglob("prepared.json"))))),
    )
    assert prepared_at_first_window[0] is False


def test_split_channels_are_one_speaker_each(tmp_path: Path, work: Path) -> None:
    left = np.concatenate([say("Alpha bravo."), silence(4.0)])
    right = np.concatenate([silence(3.0), say("Charlie delta.")])
    length = max(len(left), len(right))
    sound = [np.pad(channel, (0, length - len(channel))) for channel in (left, right)]
    recording = write_wav(tmp_path / "call.wav", *sound)
    transcript = heard(recording, work, prepare=PrepareOptions(channels="split"))
    assert [(one.speaker, one.text) for one in transcript.segments] == [
        ("channel-1", "Alpha bravo."),
        ("channel-2", "Charlie delta."),
    ]
    assert [one.name for one in transcript.speakers] == ["Channel 1", "Channel 2"]
    assert all(one.talk_seconds > 0.5 for one in transcript.speakers)
    assert transcript.made_with.options == {"channels": "split"}


def test_a_range_is_heard_and_keeps_the_recordings_times(spoken: Path, work: Path) -> None:
    whole = heard(spoken, work)
    third = whole.segments[2]
    options = PrepareOptions(start=third.start - 1.0, end=third.end + 1.0)
    part = heard(spoken, work, prepare=options)
    assert texts(part) == [third.text]
    assert part.segments[0].start == pytest.approx(third.start, abs=0.05)
    assert part.duration == pytest.approx(third.end + 1.0, abs=0.01)


@pytest.mark.parametrize("sound", [silence(5.0), noise(5.0, 0.05), tone(440, 5.0), silence(0.001)])
@pytest.mark.parametrize("vad", [True, False])
def test_audio_without_speech_gives_an_empty_transcript(
    tmp_path: Path, work: Path, whisper: FasterWhisper, sound: Any, vad: bool
) -> None:
    recording = write_wav(tmp_path / "quiet.wav", sound)
    transcript = heard(recording, work, whisper, speech=SpeechOptions(vad=vad))
    assert transcript.segments == ()
    assert transcript.text == ""
    assert transcript.duration == pytest.approx(len(sound) / 16_000, abs=0.001)


def test_a_recording_that_cannot_be_read_leaves_nothing(tmp_path: Path, work: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF this is no recording")
    with pytest.raises(AudioError):
        heard(broken, work)
    assert leftovers(work) == []


def test_an_option_the_engine_cannot_honour_is_refused_before_any_work(spoken: Path, work: Path) -> None:
    with pytest.raises(UnsupportedOption, match=r"fake.*cannot honour hotwords.*faster-whisper"):
        heard(spoken, work, speech=SpeechOptions(hotwords="Auricle"))
    assert not work.exists()


def test_vad_options_reach_the_detector(spoken: Path, work: Path) -> None:
    strict = SpeechOptions(vad_options=VadOptions(min_speech=9.0))
    assert heard(spoken, work, speech=strict).segments == ()


def test_without_vad_all_of_the_recording_is_heard(spoken: Path, work: Path) -> None:
    transcript = heard(spoken, work, speech=SpeechOptions(vad=False), prepare=SHORT_PARTS)
    assert texts(transcript) == SENTENCES


def test_what_was_asked_is_written_into_the_transcript(spoken: Path, work: Path) -> None:
    speech = SpeechOptions(language="en", word_times=False, vad_options=VadOptions(threshold=0.4))
    options = heard(spoken, work, speech=speech).made_with.options
    assert options["language"] == "en"
    assert options["word_times"] is False
    assert options["vad_options"]["threshold"] == 0.4


def test_a_full_disk_is_named_and_nothing_half_written_counts(spoken: Path, work: Path) -> None:
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from auricle.engines import SpeechOptions\n"
        "from auricle.errors import DiskFull\n"
        "from auricle.pipeline import PrepareOptions, run\n"
        "from auricle.testing import FakeEngine\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "try:\n"
        "    source, work = map(Path, sys.argv[1:])\n"
        "    run(source, FakeEngine(), SpeechOptions(), PrepareOptions(), work=work)\n"
        "except DiskFull as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(spoken), str(work)], capture_output=True, text=True, check=True
    )
    assert "room" in done.stdout or "full" in done.stdout
    assert not list(work.rglob("*.pcm"))
    assert issubclass(DiskFull, Exception)
    assert texts(heard(spoken, work)) == SENTENCES


class TwoTongues(FakeEngine):
    """Takes what begins with "alpha" for English and everything else for German."""

    def detect_language(self, samples: Any, options: SpeechOptions) -> LanguageGuess:
        first = next(self.transcribe([samples], options)).segment.text
        return LanguageGuess("en" if first.startswith("Alpha") else "de", 0.9)


def test_each_channel_of_a_split_is_heard_in_its_own_language(tmp_path: Path, work: Path) -> None:
    left, right = say("Alpha bravo charlie."), say("Delta.")
    sides = [np.pad(side, (0, len(left) + 16_000 - len(side))) for side in (left, right)]
    engine = TwoTongues()
    call = write_wav(tmp_path / "call.wav", *sides)
    transcript = heard(call, work, engine, prepare=PrepareOptions(channels="split"))
    assert [options.language for options in engine.calls if options.language] == ["en", "de"]
    assert transcript.language == "en"
    assert "channel 1 English, channel 2 German" in transcript.made_with.warnings[0]


def test_without_vad_the_language_of_quiet_speech_is_detected_too(tmp_path: Path, work: Path) -> None:
    engine = TwoTongues()
    quiet = write_wav(tmp_path / "quiet.wav", say("Delta echo.", loudness=0.02))
    deaf = VadOptions(min_speech=9.0)
    heard(quiet, work, engine, speech=SpeechOptions(vad=False, vad_options=deaf))
    assert engine.calls[-1].language == "de"


def test_larger_limits_do_not_throw_finished_parts_away(spoken: Path, work: Path) -> None:
    with pytest.raises(RuntimeError):
        heard(spoken, work, FakeEngine(fails_at(3)), prepare=SHORT_PARTS)
    calls: list[int] = []
    larger = replace(SHORT_PARTS, limits=Limits(max_bytes=1 << 40))
    heard(spoken, work, FakeEngine(calls.append), prepare=larger)
    all_calls: list[int] = []
    heard(spoken, work, FakeEngine(all_calls.append), prepare=larger)
    assert len(calls) == len(all_calls) - 2

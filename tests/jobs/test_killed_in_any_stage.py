"""`kill -9` in every stage, just before its result is written: one more attempt, and one transcript."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from auricle.jobs.stages import STAGES
from auricle.store.database import open_database
from auricle.store.schema import Recording
from auricle.store.upgrade import upgrade
from auricle.testing import RATE, FakeEngine, say, silence
from place import open_office

TESTS = Path(__file__).resolve().parents[1]


def odd_recording(path: Path) -> Path:
    """Speech in AIFF, which not every browser plays, so that there is something to do in every stage."""
    sound = np.concatenate([say("Alpha bravo."), silence(30), say("Charlie delta.")])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16be", rate=RATE, layout="mono")
        samples = (sound * 32_767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("stage", [one.name for one in STAGES])
def test_kill_9_in_any_stage_costs_one_attempt(stage: str, any_database: str, tmp_path: Path) -> None:
    database = open_database(any_database)
    upgrade(database)
    database.close()
    office = open_office(
        tmp_path / "office", FakeEngine(), any_database, tables=lambda _: None, lease=1, part_length=30
    )
    recording = office.upload(odd_recording(tmp_path / "talk.aiff"), "anna")
    job = office.ask(recording)
    command = [sys.executable, str(Path(__file__).with_name("killed_worker.py"))]
    killed = subprocess.run(
        [*command, str(office.place.settings.data_dir), any_database, stage],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    end = time.monotonic() + 30
    while office.job(job).state in ("queued", "running"):
        assert time.monotonic() < end, [(task.stage, task.state) for task in office.tasks(job)]
        office.work()
        time.sleep(0.1)
    assert (office.job(job).state, office.job(job).warnings) == ("done", [])
    (transcript,) = office.transcripts(recording)
    assert transcript.text == "Alpha bravo. Charlie delta."
    attempts = {(task.stage, task.number): task.attempt for task in office.tasks(job)}
    assert sorted(attempts.values())[-1] == 2
    assert attempts.pop((stage, 0)) == 2
    assert set(attempts.values()) == {1}
    with office.database.read() as session:
        row = session.get_one(Recording, recording)
        assert None not in (row.preview_blob, row.peaks_blob, row.sha256, row.duration)
    office.database.close()

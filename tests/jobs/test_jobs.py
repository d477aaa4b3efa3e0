"""From a queued job to one transcript, whatever happens to the workers on the way."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, select, text, update

from auricle.engines import Samples, SpeechOptions
from auricle.errors import Conflict, EngineFailed, InvalidOption, QuotaExceeded
from auricle.jobs.create import cancel_job, create_job, retry_job
from auricle.jobs.options import JobOptions
from auricle.jobs.runner import Shift, work_once
from auricle.jobs.status import statuses
from auricle.store.recordings import erase
from auricle.store.schema import Job, Recording, StageResult, Task, TaskSegment, Usage, now
from auricle.testing import FakeEngine, noise, say, silence, write_wav
from place import Office, open_office
from services import Postgres, wait_until

#: Three sentences, each long enough for parts of 30 s to be cut between them.
SPEECH = "Alpha bravo charlie. Delta echo foxtrot. Golf hotel india."


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A minute and a half in three parts, each with one sentence."""
    return write_wav(tmp_path / "talk.wav", *[_minutes(SPEECH.split(". "))])


def _minutes(sentences: list[str]) -> Samples:
    return np.concatenate([np.concatenate([say(one.rstrip(".") + "."), silence(28)]) for one in sentences])


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    opened: list[Office] = []

    def make(engine: FakeEngine | None = None, **settings: object) -> Office:
        office = open_office(
            tmp_path / f"office-{len(opened)}",
            engine or FakeEngine(),
            **{"part_length": 30, "part_limit": 45} | settings,
        )
        opened.append(office)
        return office

    yield make
    for office in opened:
        office.database.close()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


def due_now(office: Office) -> None:
    """Let the pause before the next attempt be over."""
    with office.database.write() as session:
        session.execute(update(Task).where(Task.state == "queued").values(due_at=now()))


def texts(office: Office, recording_id: str) -> list[str]:
    return [segment.text for segment in office.transcripts(recording_id)[-1].segments]


SAID = ["Alpha bravo charlie.", "Delta echo foxtrot.", "Golf hotel india."]


def test_a_job_becomes_one_transcript(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    job = office.ask(recording)
    office.work()
    done = office.job(job)
    assert (done.state, done.error, done.warnings) == ("done", None, [])
    assert [task.state for task in office.tasks(job)] == ["done"] * len(office.tasks(job))
    assert len(office.tasks(job, "transcribe")) == 3
    assert texts(office, recording) == SAID
    (transcript,) = office.transcripts(recording)
    assert transcript.duration == pytest.approx(90, abs=6)
    assert transcript.made_with.engine == "fake"
    with office.database.read() as session:
        row = session.get_one(Recording, recording)
        assert (row.transcript_id, row.language, row.job_id) == (done.transcript_id, "en", job)
        assert row.sha256 is not None
        assert row.duration == transcript.duration
        assert row.peaks_blob is not None


def test_segments_can_be_read_while_the_job_runs(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office()
    job = office.ask(office.upload(talk))
    shift = office.shift()
    seen = []
    while work_once(shift):
        with office.database.read() as session:
            seen.append(len(session.scalars(select(TaskSegment)).all()))
    assert seen[-1] == 3
    assert sorted(seen) == seen
    assert 1 in seen
    assert office.job(job).state == "done"


def test_work_is_counted(office: Office, talk: Path) -> None:
    for _ in range(2):
        office.ask(office.upload(talk), fresh_from="prepare")
    office.work()
    with office.database.read() as session:
        (usage,) = session.scalars(select(Usage)).all()
    assert (usage.owner_id, usage.jobs) == ("anna", 2)
    assert usage.audio_seconds == pytest.approx(180, abs=12)


def test_the_next_stage_is_rung_for(office: Office, talk: Path) -> None:
    office.ask(office.upload(talk))
    work_once(office.shift(queues=("cpu",)))
    assert set(office.rung) == {"gpu"}


def test_silence_gives_an_empty_transcript(office: Office, tmp_path: Path) -> None:
    recording = office.upload(write_wav(tmp_path / "silence.wav", silence(3)))
    job = office.ask(recording)
    office.work()
    assert office.job(job).state == "done"
    assert texts(office, recording) == []


def test_a_part_that_fails_once_is_done_again_and_the_others_are_not(
    make_office: Callable[..., Office], talk: Path
) -> None:
    calls: list[int] = []

    def stumble(_: int) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise EngineFailed("The device hiccuped.")

    office = make_office(FakeEngine(on_window=stumble))
    recording = office.upload(talk)
    job = office.ask(recording)
    shift = office.shift()
    # The pause before the next attempt is drawn by chance, so that it is looked at before anybody goes on.
    while len(calls) < 2:
        assert work_once(shift)
    assert office.job(job).state == "running"
    with office.database.read() as session:
        (status,) = statuses(session, [session.get_one(Job, job)])
    assert status.trouble == {"code": "engine_failed", "message": "The device hiccuped."}
    due_now(office)
    office.work()
    assert office.job(job).state == "done"
    assert texts(office, recording) == SAID
    assert len(calls) == 4


def test_a_job_that_cannot_succeed_says_why_and_stops_its_other_parts(
    make_office: Callable[..., Office], talk: Path
) -> None:
    def refuse(_: int) -> None:
        raise InvalidOption("This engine knows no such thing.")

    office = make_office(FakeEngine(on_window=refuse))
    job = office.ask(office.upload(talk))
    office.work()
    found = office.job(job)
    assert found.state == "failed"
    assert found.error == {
        "code": "invalid_option",
        "message": "This engine knows no such thing.",
        "stage": "transcribe",
    }
    assert sorted(task.state for task in office.tasks(job, "transcribe")) == [
        "cancelled",
        "cancelled",
        "failed",
    ]


def test_a_job_whose_attempts_are_spent_is_dead_and_can_be_tried_again(
    make_office: Callable[..., Office], talk: Path
) -> None:
    broken = threading.Event()
    broken.set()

    def fail(_: int) -> None:
        if broken.is_set():
            raise RuntimeError("a bug")

    office = make_office(FakeEngine(on_window=fail))
    recording = office.upload(talk)
    job = office.ask(recording)
    for _ in range(9):
        office.work()
        due_now(office)
    dead = office.job(job)
    assert dead.state == "dead"
    assert dead.error is not None
    assert dead.error["message"] == "Something unexpected went wrong (RuntimeError): a bug"
    broken.clear()
    with office.database.write() as session:
        assert retry_job(session, session.get_one(Job, job)) == {"gpu"}
    office.work()
    assert office.job(job).state == "done"
    assert texts(office, recording) == SAID
    assert len(office.tasks(job, "prepare")) == 1


def test_a_file_that_is_no_recording_fails_with_a_sentence(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "letter.wav"
    file.write_bytes(b"Dear Sir or Madam, " * 1000)
    job = office.ask(office.upload(file))
    office.work()
    found = office.job(job)
    assert found.state == "failed"
    assert found.error is not None
    assert (found.error["code"], found.error["stage"]) == ("audio_unreadable", "prepare")


def test_a_killed_worker_costs_one_part(make_office: Callable[..., Office], talk: Path) -> None:
    heard: list[int] = []
    office = make_office(FakeEngine(on_window=heard.append))
    recording = office.upload(talk)
    job = office.ask(recording)
    shift = office.shift("first")
    while not heard:
        work_once(shift)
    with office.database.write() as session:
        # A worker takes the second part and is never heard of again.
        from auricle.jobs import ledger

        lost = ledger.claim(session, ["gpu"], "killed", 60)
        assert lost is not None
        session.execute(
            update(Task).where(Task.id == lost.task_id).values(due_at=now() - timedelta(seconds=1))
        )
    office.work(office.shift("second"))
    assert office.job(job).state == "done"
    assert texts(office, recording) == SAID
    assert len(heard) == 3
    assert sorted(task.attempt for task in office.tasks(job, "transcribe")) == [1, 1, 2]


def test_a_worker_that_has_to_go_hands_its_task_back(make_office: Callable[..., Office], talk: Path) -> None:
    shifts: list[Shift] = []
    office = make_office(FakeEngine(on_window=lambda _: shifts[0].draining.set()))
    recording = office.upload(talk)
    job = office.ask(recording)
    shifts.append(office.shift())
    while not shifts[0].draining.is_set():
        work_once(shifts[0])
    (part, *_) = office.tasks(job, "transcribe")
    assert (part.state, part.failures, part.losses) == ("queued", 0, 0)
    office.work()
    assert office.job(job).state == "done"
    assert len(office.transcripts(recording)) == 1


def test_a_cancelled_job_stops_while_it_runs(make_office: Callable[..., Office], talk: Path) -> None:
    started, stop = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        started.set()
        stop.wait(20)

    office = make_office(FakeEngine(on_window=wait), heartbeat=0.1)
    recording = office.upload(talk)
    job = office.ask(recording)
    worker = threading.Thread(target=office.work)
    worker.start()
    assert started.wait(20)
    with office.database.write() as session:
        cancel_job(session, session.get_one(Job, job))
    threading.Event().wait(0.5)
    stop.set()
    worker.join()
    assert office.job(job).state == "cancelled"
    assert office.transcripts(recording) == []
    with office.database.write() as session:
        retry_job(session, session.get_one(Job, job))
    office.work()
    assert office.job(job).state == "done"


def test_a_recording_erased_while_it_is_worked_on_leaves_nothing(
    make_office: Callable[..., Office], talk: Path
) -> None:
    erased: list[str] = []

    def vanish(_: int) -> None:
        if not erased:
            with office.database.write() as session:
                erased.extend(erase(session, session.get_one(Recording, recording)))

    office = make_office(FakeEngine(on_window=vanish))
    recording = office.upload(talk)
    job = office.ask(recording)
    office.work()
    assert erased
    assert office.transcripts(recording) == []
    with office.database.read() as session:
        assert session.get(Job, job) is None
        assert session.scalars(select(Task)).all() == []


def test_a_job_cancelled_before_it_ran_never_runs(office: Office, talk: Path) -> None:
    job = office.ask(office.upload(talk))
    with office.database.write() as session:
        cancel_job(session, session.get_one(Job, job))
    assert office.job(job).state == "cancelled"
    assert office.work() == 0


def test_the_same_recording_is_not_transcribed_twice(make_office: Callable[..., Office], talk: Path) -> None:
    engine = FakeEngine()
    office = make_office(engine)
    recording = office.upload(talk)
    office.ask(recording)
    office.work()
    calls = len(engine.calls)
    again = office.ask(recording)
    copy = office.upload(talk)
    office.ask(copy)
    office.work()
    assert office.job(again).state == "done"
    assert len(engine.calls) == calls
    assert texts(office, copy) == SAID
    assert len(office.transcripts(recording)) == 2


def test_other_speech_options_are_heard_anew_and_fresh_ones_on_request(
    make_office: Callable[..., Office], talk: Path
) -> None:
    engine = FakeEngine()
    office = make_office(engine)
    recording = office.upload(talk)
    office.ask(recording)
    office.work()
    calls = len(engine.calls)
    office.ask(recording, JobOptions(speech=SpeechOptions(word_times=False)))
    office.work()
    assert len(engine.calls) == 2 * calls
    office.ask(recording, fresh_from="transcribe")
    office.work()
    assert len(engine.calls) == 3 * calls


def test_one_persons_results_are_no_use_to_another(make_office: Callable[..., Office], talk: Path) -> None:
    engine = FakeEngine()
    office = make_office(engine)
    for owner in ("anna", "ben"):
        office.ask(office.upload(talk, owner))
    office.work()
    assert len(engine.calls) == 6
    with office.database.read() as session:
        owners = session.scalars(select(StageResult.owner_id)).all()
    assert sorted(owners) == ["anna"] * 4 + ["ben"] * 4


def test_results_whose_files_are_gone_are_made_again(make_office: Callable[..., Office], talk: Path) -> None:
    office = make_office()
    recording = office.upload(talk)
    office.ask(recording)
    office.work()
    office.place.storage.delete("results")
    again = office.ask(recording)
    office.work()
    assert office.job(again).state == "done"
    assert texts(office, recording) == SAID


def test_a_range_is_heard_at_its_place_in_the_recording(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    office.ask(recording, JobOptions(start=25.0, end=60.0))
    office.work()
    (transcript,) = office.transcripts(recording)
    assert [segment.text for segment in transcript.segments] == ["Delta echo foxtrot."]
    assert transcript.segments[0].start == pytest.approx(30, abs=3)
    with office.database.read() as session:
        assert session.get_one(Recording, recording).duration is None


def test_channels_are_heard_apart(office: Office, tmp_path: Path) -> None:
    left, right = say("Alpha bravo."), say("Kilo lima.")
    length = max(len(left), len(right))
    both = [silence(length / 16_000 + 0.1) for _ in range(2)]
    both[0][: len(left)] = left
    both[1][: len(right)] = right
    recording = office.upload(write_wav(tmp_path / "call.wav", *both))
    office.ask(recording, JobOptions(channels="split"))
    office.work()
    (transcript,) = office.transcripts(recording)
    assert {(one.speaker, one.text) for one in transcript.segments} == {
        ("channel-1", "Alpha bravo."),
        ("channel-2", "Kilo lima."),
    }
    with office.database.read() as session:
        assert session.get_one(Recording, recording).speakers == ["Channel 1", "Channel 2"]


def test_an_idempotency_key_gives_the_same_job_again(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    first = office.ask(recording, idempotency_key="k")
    assert office.ask(recording, idempotency_key="k") == first
    with pytest.raises(Conflict, match="Idempotency-Key was used for another request"):
        office.ask(recording, JobOptions(channels="split"), idempotency_key="k")


def test_a_person_may_have_so_many_unfinished_jobs(office: Office, talk: Path) -> None:
    recording = office.upload(talk)

    def ask() -> None:
        with office.database.write() as session:
            limited = office.place.settings.model_copy(update={"max_open_jobs": 2})
            create_job(session, session.get_one(Recording, recording), JobOptions(), settings=limited)

    ask()
    ask()
    with pytest.raises(QuotaExceeded, match="2 jobs are not finished yet"):
        ask()


def test_waiting_jobs_know_their_place(office: Office, talk: Path) -> None:
    recording = office.upload(talk)
    jobs = [office.ask(recording), office.ask(recording), office.ask(recording, priority=10)]
    with office.database.read() as session:
        rows = [session.get_one(Job, job) for job in jobs]
        places = [status.position for status in statuses(session, rows)]
        starts = [status.starts_in for status in statuses(session, rows)]
    assert places == [2, 3, 1]
    assert starts[2] == 0
    assert starts[2] < starts[0] < starts[1]


def test_the_speed_of_a_job_counts_the_time_in_which_somebody_listened(office: Office, talk: Path) -> None:
    job = office.ask(office.upload(talk))
    assert speed(office, job) is None
    office.work()
    # Two parts side by side, a pause, a third; the work of each took as long as it was there.
    when((0, 10), (5, 15), (100, 105), office=office, job=job, took=5)
    with office.database.read() as session:
        heard = sum(session.scalars(select(Task.seconds).where(Task.stage == "transcribe")))
    assert speed(office, job) == round(heard / 20, 2)
    when((0, 1), (1, 2), (2, 3), office=office, job=job, took=60)
    assert speed(office, job) is None


def when(*spans: tuple[float, float], office: Office, job: str, took: float) -> None:
    """Say when the parts of a job were heard (s), and for how long the engine worked on each (s)."""
    with office.database.write() as session:
        parts = select(Task).where(Task.job_id == job, Task.stage == "transcribe").order_by(Task.number)
        for part, (begin, end) in zip(session.scalars(parts).all(), spans, strict=True):
            part.started_at = part.rank + timedelta(seconds=begin)
            part.finished_at = part.rank + timedelta(seconds=end)
            part.result = {**(part.result or {}), "took": took}


def speed(office: Office, job: str) -> float | None:
    with office.database.read() as session:
        (status,) = statuses(session, [session.get_one(Job, job)])
    return status.speed


def test_progress_only_grows_and_ends_at_one(office: Office, talk: Path) -> None:
    job = office.ask(office.upload(talk))
    shift = office.shift()
    seen, versions = [], []
    while work_once(shift):
        with office.database.read() as session:
            (status,) = statuses(session, [session.get_one(Job, job)])
        seen.append(status.progress)
        versions.append(status.version)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert versions == sorted(set(versions))
    assert len(set(seen)) > 4


def test_noise_in_a_folder_of_another_task_is_left_alone(office: Office, talk: Path) -> None:
    office.ask(office.upload(write_wav(talk.with_name("noise.wav"), noise(2))))
    other = office.place.folder / "other-1"
    other.mkdir(parents=True)
    office.work()
    assert [path.name for path in office.place.folder.iterdir()] == ["other-1"]


@pytest.mark.parametrize("change", [1, 2], ids=["the claim", "the end"])
def test_a_worker_and_a_cancel_never_wait_for_each_other(
    postgres: Postgres, tmp_path: Path, change: int
) -> None:
    office = open_office(tmp_path / "office", FakeEngine(), postgres.new_database())
    job = office.ask(office.upload(write_wav(tmp_path / "a.wav", say("Alpha bravo."))))
    changes: list[str] = []
    problems: list[Exception] = []
    reached = threading.Event()

    def somebody_waits() -> bool:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with office.database.read() as session:
            return bool(session.scalar(text(waiting)))

    def hold(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.current_thread() is worker and statement.startswith("UPDATE task"):
            changes.append(statement)
            if len(changes) == change:
                reached.set()
                wait_until(somebody_waits, "the cancel, for the row of the task or the job")

    def work() -> None:
        work_once(office.shift())

    def cancel() -> None:
        with office.database.write() as session:
            cancel_job(session, session.get_one(Job, job))

    def attempt(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            problems.append(error)

    worker, canceller = (threading.Thread(target=attempt, args=(act,)) for act in (work, cancel))
    event.listen(office.database.writer, "after_cursor_execute", hold)
    worker.start()
    assert reached.wait(60)
    canceller.start()
    for thread in (worker, canceller):
        thread.join(60)
    assert problems == []
    office.work()
    assert office.job(job).state == "cancelled"
    assert office.job(job).started_at is not None
    office.database.close()

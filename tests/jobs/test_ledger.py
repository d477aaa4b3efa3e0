"""Who may take a task, who may write, and what becomes of tasks whose workers vanish."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from auricle.errors import Cancelled, EngineFailed, InvalidOption
from auricle.jobs import ledger
from auricle.jobs.ledger import Claim, LeaseLost
from auricle.store.database import Database, open_database
from auricle.store.schema import Base, Job, Recording, Task, TaskSegment, User, new_id, now
from services import Postgres

LEASE = 60.0


@pytest.fixture
def database(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    Base.metadata.create_all(database.writer)
    yield database
    database.close()


def add_tasks(database: Database, count: int = 1, *, owner: str = "anna", **values: object) -> list[str]:
    """Queue tasks, each of a job of its own; returns their ids, oldest first."""
    ids = []
    with database.write() as session:
        if session.get(User, owner) is None:
            session.add(User(id=owner, name=owner))
            session.flush()
        for number in range(count):
            recording = Recording(
                owner_id=owner, title="talk", filename="talk.wav", media_type="audio/wav", size=1, blob="b"
            )
            session.add(recording)
            session.flush()
            job = Job(owner_id=owner, recording_id=recording.id)
            session.add(job)
            session.flush()
            rank = now() + timedelta(microseconds=number)
            row = {"stage": "transcribe", "queue": "gpu", "due_at": now(), "rank": rank, **values}
            task = Task(id=new_id(), job_id=job.id, owner_id=owner, **row)
            session.add(task)
            ids.append(task.id)
    return ids


def claim(database: Database, worker: str = "w", queues: tuple[str, ...] = ("gpu",)) -> Claim | None:
    with database.write() as session:
        return ledger.claim(session, queues, worker, LEASE)


def must_claim(database: Database, worker: str = "w") -> Claim:
    mine = claim(database, worker)
    assert mine is not None
    return mine


def row(database: Database, task_id: str) -> Task:
    with database.read() as session:
        return session.get_one(Task, task_id)


def lose(database: Database, task_id: str) -> None:
    """The worker vanishes, and its lease runs out."""
    with database.write() as session:
        session.execute(update(Task).where(Task.id == task_id).values(due_at=now() - timedelta(seconds=1)))


def test_a_task_is_given_to_one_worker_only(database: Database) -> None:
    add_tasks(database)
    assert claim(database) is not None
    assert claim(database) is None


def test_a_task_of_another_queue_is_left_alone(database: Database) -> None:
    add_tasks(database, queue="cpu")
    assert claim(database, queues=("gpu",)) is None
    assert claim(database, queues=("gpu", "cpu")) is not None


def test_a_task_that_is_not_due_waits(database: Database) -> None:
    add_tasks(database, due_at=now() + timedelta(minutes=1))
    assert claim(database) is None


def test_higher_priority_comes_first_and_then_the_older_job(database: Database) -> None:
    first, second = add_tasks(database, 2)
    (urgent,) = add_tasks(database, priority=10)
    assert [must_claim(database).task_id for _ in range(3)] == [urgent, first, second]


def test_parts_are_taken_in_the_order_of_the_recording(database: Database) -> None:
    rank = now()
    later = add_tasks(database, number=7, rank=rank)
    earlier = add_tasks(database, number=2, rank=rank)
    assert [must_claim(database).task_id for _ in range(2)] == [*earlier, *later]


def test_a_person_with_running_tasks_lets_others_go_first(database: Database) -> None:
    add_tasks(database, 3, owner="anna")
    (of_ben,) = add_tasks(database, owner="ben")
    assert must_claim(database).owner_id == "anna"
    assert must_claim(database).task_id == of_ben
    assert must_claim(database).owner_id == "anna"


def test_a_worker_that_lost_its_lease_changes_nothing(database: Database) -> None:
    (task_id,) = add_tasks(database)
    zombie = must_claim(database, "zombie")
    lose(database, task_id)
    heir = must_claim(database, "heir")
    assert heir.attempt == zombie.attempt + 1
    for write in (
        lambda session: ledger.succeed(session, zombie, {"who": "zombie"}),
        lambda session: ledger.beat(session, zombie, LEASE, 0.5),
        lambda session: ledger.fail(session, zombie, EngineFailed("no")),
        lambda session: ledger.release(session, zombie),
        lambda session: ledger.cancelled(session, zombie),
    ):
        with pytest.raises(LeaseLost), database.write() as session:
            write(session)
    found = row(database, task_id)
    assert (found.state, found.worker, found.result, found.progress) == ("running", "heir", None, 0.0)


def test_what_a_zombie_inserted_with_its_result_goes_with_it(database: Database) -> None:
    (task_id,) = add_tasks(database)
    zombie = must_claim(database)
    lose(database, task_id)
    must_claim(database)

    def finish() -> None:
        with database.write() as session:
            session.add(User(id="ghost", name="ghost"))
            ledger.succeed(session, zombie, {})

    with pytest.raises(LeaseLost):
        finish()
    with database.read() as session:
        assert session.get(User, "ghost") is None


def test_a_heartbeat_keeps_the_task_and_carries_segments(database: Database) -> None:
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    before = row(database, task_id)
    with database.write() as session:
        cancel = ledger.beat(session, mine, LEASE * 2, 0.4, [(0, {"text": "one"}), (1, {"text": "two"})])
    after = row(database, task_id)
    assert cancel is False
    assert after.due_at > before.due_at
    assert (after.progress, after.version) == (0.4, before.version + 1)
    with database.read() as session:
        texts = [
            one.document["text"] for one in session.scalars(select(TaskSegment).order_by(TaskSegment.number))
        ]
    assert texts == ["one", "two"]


def test_segments_that_are_written_twice_are_there_once(database: Database) -> None:
    add_tasks(database)
    mine = must_claim(database)
    for segments in ([(0, {"text": "one"})], [(0, {"text": "one"}), (1, {"text": "two"})]):
        with database.write() as session:
            ledger.beat(session, mine, LEASE, 0.5, segments)
    with database.read() as session:
        assert sorted(one.number for one in session.scalars(select(TaskSegment))) == [0, 1]


def test_a_task_that_was_erased_is_nobodys_any_more(database: Database) -> None:
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    with database.write() as session:
        session.delete(session.get_one(Task, task_id))
    for write in (
        lambda session: ledger.fail(session, mine, EngineFailed("no")),
        lambda session: ledger.succeed(session, mine, {}),
    ):
        with pytest.raises(LeaseLost), database.write() as session:
            write(session)


def test_a_failure_that_may_pass_is_tried_three_times_and_then_dead(database: Database) -> None:
    (task_id,) = add_tasks(database)
    states = []
    for _ in range(ledger.MAX_FAILURES):
        mine = must_claim(database)
        with database.write() as session:
            states.append(ledger.fail(session, mine, EngineFailed("The device hiccuped.")))
            session.execute(update(Task).values(due_at=now()))
    assert states == ["queued", "queued", "dead"]
    assert row(database, task_id).error == {"code": "engine_failed", "message": "The device hiccuped."}
    assert claim(database) is None


def test_a_failed_task_waits_before_it_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, high: high)
    (task_id,) = add_tasks(database)
    with database.write() as session:
        mine = ledger.claim(session, ["gpu"], "w", LEASE)
        assert mine is not None
        ledger.fail(session, mine, EngineFailed("no"))
    assert row(database, task_id).due_at > now() + timedelta(seconds=20)


def test_a_failure_that_cannot_pass_is_final_at_once(database: Database) -> None:
    add_tasks(database)
    mine = must_claim(database)
    with database.write() as session:
        assert ledger.fail(session, mine, InvalidOption("There is no such language.")) == "failed"
    assert claim(database) is None


def test_handing_back_and_outages_cost_no_attempt(database: Database) -> None:
    (task_id,) = add_tasks(database)
    for _ in range(10):
        mine = must_claim(database)
        with database.write() as session:
            ledger.release(session, mine)
        mine = must_claim(database)
        with database.write() as session:
            ledger.postpone(session, mine, EngineFailed("The storage is away."), 0.0)
    found = row(database, task_id)
    assert (found.state, found.failures, found.losses, found.attempt) == ("queued", 0, 0, 20)


def test_a_task_that_kills_its_workers_is_dead_after_five(database: Database) -> None:
    (task_id,) = add_tasks(database)
    claims = 0
    while (mine := claim(database)) is not None:
        claims += 1
        lose(database, mine.task_id)
    assert claims == ledger.MAX_LOSSES
    with database.write() as session:
        jobs = ledger.bury(session)
    found = row(database, task_id)
    assert (found.state, found.job_id) == ("dead", jobs[0])
    assert found.error is not None
    assert found.error["code"] == "worker_lost"


def test_losses_are_forgiven_when_a_part_of_the_job_gets_done(database: Database) -> None:
    (task_id,) = add_tasks(database, number=0)
    with database.write() as session:
        job = session.get_one(Task, task_id).job_id
        sibling = Task(
            job_id=job, owner_id="anna", stage="transcribe", number=1, queue="gpu", due_at=now(), rank=now()
        )
        sibling.losses = 3
        session.add(sibling)
    mine = must_claim(database)
    with database.write() as session:
        ledger.succeed(session, mine, {})
    assert row(database, sibling.id).losses == 0


def test_a_cancelled_task_that_waits_never_runs(database: Database) -> None:
    (task_id,) = add_tasks(database)
    with database.write() as session:
        ledger.request_cancel(session, session.get_one(Task, task_id).job_id)
    assert claim(database) is None
    assert row(database, task_id).state == "cancelled"


def test_a_running_task_hears_of_its_cancellation_with_its_next_heartbeat(database: Database) -> None:
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    with database.write() as session:
        ledger.request_cancel(session, mine.job_id)
    with database.write() as session:
        assert ledger.beat(session, mine, LEASE, 0.1) is True
    with database.write() as session:
        ledger.cancelled(session, mine)
    assert row(database, task_id).state == "cancelled"


def test_a_task_that_ends_before_it_hears_of_its_cancellation_is_cancelled_all_the_same(
    database: Database,
) -> None:
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    with database.write() as session:
        ledger.request_cancel(session, mine.job_id)
    with pytest.raises(Cancelled), database.write() as session:
        ledger.succeed(session, mine, {})
    assert row(database, task_id).state == "running"


def test_a_cancelled_task_whose_worker_vanished_is_closed(database: Database) -> None:
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    with database.write() as session:
        ledger.request_cancel(session, mine.job_id)
    lose(database, task_id)
    assert claim(database) is None
    with database.write() as session:
        ledger.bury(session)
    assert row(database, task_id).state == "cancelled"


def test_a_restarted_process_takes_its_own_leases_back_and_nobody_elses(database: Database) -> None:
    add_tasks(database, 2)
    mine, other = must_claim(database, "server@here:1#1"), must_claim(database, "server@here:11#1")
    with database.write() as session:
        assert ledger.take_back(session, "server@here:1#") == 1
    again = must_claim(database)
    assert again.task_id == mine.task_id
    assert again.task_id != other.task_id
    assert claim(database) is None


def test_the_backlog_counts_what_is_due(database: Database) -> None:
    add_tasks(database, 3)
    add_tasks(database, 2, queue="cpu")
    add_tasks(database, due_at=now() + timedelta(hours=1))
    must_claim(database)
    with database.read() as session:
        assert ledger.backlog(session) == {"gpu": 2, "cpu": 2}


def test_workers_that_crash_stall_and_fail_do_every_task_exactly_once(database: Database) -> None:
    count, lease = 120, 0.25
    ids = add_tasks(database, count)
    claims: Counter[tuple[str, int]] = Counter()
    effects: Counter[str] = Counter()
    refused: list[LeaseLost] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        chance = random.Random(name)
        idle = 0
        while idle < 40:
            with database.write() as session:
                mine = ledger.claim(session, ["gpu"], name, lease)
            if mine is None:
                idle += 1
                time.sleep(0.02)
                continue
            idle = 0
            with lock:
                claims[mine.task_id, mine.attempt] += 1
            fate = chance.random()
            if fate < 0.05:
                continue
            if fate < 0.15:
                time.sleep(lease * 1.5)
            try:
                with database.write() as session:
                    if fate > 0.9:
                        ledger.release(session, mine)
                    else:
                        done(session, mine)
            except LeaseLost as error:
                refused.append(error)

    def done(session: Session, mine: Claim) -> None:
        ledger.succeed(session, mine, {"attempt": mine.attempt})
        session.add(User(id=mine.task_id, name=f"{mine.task_id} was done"))

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        states = Counter(session.scalars(select(Task.state)))
        effects.update(session.scalars(select(User.id).where(User.id.in_(ids))))
    assert states == {"done": count}
    assert effects == Counter(dict.fromkeys(ids, 1))
    assert max(claims.values()) == 1
    assert refused, "no worker stalled past its lease: the test has to try harder"


def test_a_worker_whose_clock_is_ahead_takes_no_task_before_its_time(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(postgres.new_database())
    Base.metadata.create_all(database.writer)
    (task_id,) = add_tasks(database)
    mine = must_claim(database)
    ahead = now() + timedelta(minutes=2)
    monkeypatch.setattr(ledger, "now", lambda: ahead)
    assert claim(database, "hasty") is None
    with database.write() as session:
        assert ledger.bury(session) == []
        ledger.beat(session, mine, LEASE, 0.5)
    monkeypatch.undo()
    assert row(database, task_id).due_at < now() + timedelta(seconds=LEASE + 5)
    database.close()

"""What two people, or two windows of one, do at the same moment, on both databases."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from auricle.store.database import open_database
from auricle.store.schema import User
from auricle.store.upgrade import upgrade
from live_server import LiveServer

#: A race that is lost now and then is lost within so many.
ROUNDS = 5


@pytest.fixture
def server(any_database: str, make_server: Callable[..., LiveServer]) -> LiveServer:
    """A server without workers."""
    database = open_database(any_database)
    upgrade(database)
    database.close()
    return make_server(database_url=any_database, gpu_workers=0, cpu_workers=0)


@pytest.fixture
def ids(server: LiveServer, talk: Path) -> list[str]:
    """Six recordings."""
    return [server.upload(talk, transcribe="false")["recording"]["id"] for _ in range(6)]


@pytest.fixture
def at_once(server: LiveServer) -> Iterator[Callable[..., list[httpx.Response]]]:
    """Sends requests, each with a connection of its own, at the same moment."""
    clients = [server.client_for(None) for _ in range(6)]

    def send(*requests: tuple[str, str, object], **headers: str) -> list[httpx.Response]:
        start = threading.Barrier(len(requests))
        answers: list[httpx.Response | None] = [None] * len(requests)

        def run(number: int, method: str, path: str, body: object) -> None:
            start.wait()
            answers[number] = clients[number].request(method, path, json=body, headers=headers)

        threads = [threading.Thread(target=run, args=(n, *one)) for n, one in enumerate(requests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answer for answer in answers if answer is not None]

    yield send
    for client in clients:
        client.close()


AtOnce = Callable[..., list[httpx.Response]]


def test_a_new_tag_may_be_given_to_many_at_once(server: LiveServer, ids: list[str], at_once: AtOnce) -> None:
    for number in range(ROUNDS):
        one = [("PATCH", f"/recordings/{each}", {"tags": [f"one {number}"]}) for each in ids]
        assert [answer.status_code for answer in at_once(*one)] == [200] * 6
        many = {"action": "tag", "tag": f"many {number}"}
        bulk = [("POST", "/recordings/bulk", {"ids": some, **many}) for some in (ids, ids[::-1])]
        assert [answer.status_code for answer in at_once(*bulk)] == [200] * 2
        assert server.client.get("/tags").json() == {f"one {number}": 6, f"many {number}": 6}


def test_a_tag_taken_off_one_recording_stays_on_another(
    server: LiveServer, ids: list[str], at_once: AtOnce
) -> None:
    first, second = (f"/recordings/{one}" for one in ids[:2])
    for _ in range(2 * ROUNDS):
        server.client.patch(first, json={"tags": ["keep"]})
        server.client.patch(second, json={"tags": []})
        answers = at_once(("PATCH", first, {"tags": []}), ("PATCH", second, {"tags": ["keep"]}))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert server.client.get(second).json()["tags"] == ["keep"]
        assert server.client.get("/tags").json() == {"keep": 1}


def test_a_tag_outlives_the_other_recording_it_was_on(
    server: LiveServer, talk: Path, at_once: AtOnce
) -> None:
    kept = server.upload(talk, transcribe="false")["recording"]["id"]
    for _ in range(ROUNDS):
        server.client.patch(f"/recordings/{kept}", json={"tags": []})
        gone = server.upload(talk, transcribe="false", tags="shared")["recording"]["id"]
        answers = at_once(
            ("DELETE", f"/recordings/{gone}?forever=true", None),
            ("PATCH", f"/recordings/{kept}", {"tags": ["shared"]}),
        )
        assert [answer.status_code for answer in answers] == [204, 200]
        assert server.client.get("/tags").json() == {"shared": 1}


def test_of_those_who_change_the_same_state_of_a_recording_one_does(
    server: LiveServer, ids: list[str], at_once: AtOnce
) -> None:
    path = f"/recordings/{ids[0]}"
    for _ in range(ROUNDS):
        etag = server.client.get(path).headers["ETag"]
        change = ("PATCH", path, {"title": "New"})
        answers = at_once(*[change] * 4, **{"If-Match": etag})
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


def test_who_changes_what_is_erased_at_that_moment_is_told_that_it_is_gone(
    server: LiveServer, ids: list[str], at_once: AtOnce
) -> None:
    for one in ids:
        path = f"/recordings/{one}"
        erased, *others = at_once(
            ("DELETE", f"{path}?forever=true", None),
            ("PATCH", path, {"title": "New"}),
            ("POST", f"{path}/restore", None),
        )
        assert erased.status_code == 204
        assert {answer.status_code for answer in others} <= {200, 404}
        assert server.client.get(path).status_code == 404


def test_a_job_asked_for_many_times_at_once_with_one_key_is_one(
    server: LiveServer, ids: list[str], at_once: AtOnce
) -> None:
    for number, one in enumerate(ids):
        ask = ("POST", "/jobs", {"recording_id": one})
        answers = at_once(*[ask] * 4, **{"Idempotency-Key": f"key {number}"})
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert len({answer.json()["id"] for answer in answers}) == 1


def test_a_name_taken_by_many_at_once_is_given_to_one(server: LiveServer, at_once: AtOnce) -> None:
    for number in range(ROUNDS):
        name = f"anna {number}"
        answers = at_once(*[("POST", "/users", {"name": name})] * 4)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert {one.json().get("detail") for one in answers} == {None, f"There is a user {name} already."}
        others = [server.client.post("/users", json={"name": f"{name} {one}"}).json() for one in "ab"]
        answers = at_once(*[("PATCH", f"/users/{one['id']}", {"name": f"ben {number}"}) for one in others])
        assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize(
    "changes",
    [
        [{"role": "member"}, {"role": "member"}],
        [{"disabled": True}, {"disabled": True}],
        [{"role": "member", "name": "former admin"}, {"disabled": True}],
    ],
)
def test_of_two_admins_who_are_locked_out_at_once_one_stays(
    server: LiveServer, at_once: AtOnce, changes: list[dict[str, object]]
) -> None:
    other = server.client.post("/users", json={"name": "other", "role": "admin"}).json()["id"]
    ids = ["local", other]
    for _ in range(ROUNDS):
        answers = at_once(*[("PATCH", f"/users/{ids[n]}", change) for n, change in enumerate(changes)])
        # 409, or 403 where the one who asks was no admin any more.
        assert sorted(answer.status_code for answer in answers)[0] == 200
        assert {answer.status_code for answer in answers} in ({200, 409}, {200, 403})
        with server.service.database.write() as session:
            people = list(session.scalars(select(User)))
            assert [one for one in people if one.role == "admin" and not one.disabled] != []
            for one in people:
                one.role, one.disabled, one.name = "admin", False, one.id

"""`/v1/models` by OpenAI's own client: what may be named, and how models come and go."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from sqlalchemy import select

from auricle.store.schema import AuditEvent
from fake_hub import COMMIT, FakeHub
from live_server import LiveServer, live_server
from model_cache import TINY, put_into

MakeServer = Callable[..., LiveServer]


def client_of(server: LiveServer, key: str = "none needed") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.origin}/v1", api_key=key, max_retries=0)


@pytest.fixture
def server(make_server: MakeServer, models_dir: Path, hub: FakeHub) -> LiveServer:
    """A server with a model cache and a hub of its own; its configured model is a folder."""
    return make_server(
        models_dir=models_dir, hf_endpoint=hub.address, model_aliases="home=tiny,fast=whisper-1"
    )


@pytest.fixture
def client(server: LiveServer) -> Iterator[openai.OpenAI]:
    with client_of(server) as client:
        yield client


def names(client: openai.OpenAI) -> list[str]:
    return [model.id for model in client.models.list()]


def transcribe(client: openai.OpenAI, recording: Path, model: str) -> str:
    with recording.open("rb") as file:
        return client.audio.transcriptions.create(model=model, file=file).text


class TestJobs:
    """Names as models of our own API's jobs."""

    @pytest.mark.parametrize("name", ["home", "fast", "whisper-1", TINY.name])
    @pytest.mark.parametrize("who", ["an admin", "a member"])
    def test_a_listed_name_means_what_it_means_everywhere(
        self, server: LiveServer, client: openai.OpenAI, models_dir: Path, speech: Path, name: str, who: str
    ) -> None:
        put_into(models_dir)
        assert name in names(client)
        with server.client_for(None) if who == "an admin" else server.member("Anna") as asking:
            options = {"options": json.dumps({"model": name})}
            recording = server.transcribed(speech / "en_00.flac", asking, **options)
            job = asking.get(f"/jobs/{recording['job_id']}").json()
        assert job["options"]["model"] == ("tiny" if name == "home" else TINY.name)

    def test_where_a_models_folder_lies_is_nobodys_business(self, server: LiveServer, speech: Path) -> None:
        with server.member("Anna") as member:
            job = server.upload(speech / "en_00.flac", member)["job"]
            assert job["options"]["model"] == member.get("/info").json()["model"] == TINY.name
            again = member.post(f"/jobs/{server.wait(job['id'], member)['id']}/rerun").json()
            assert again["options"] == job["options"]
            assert server.wait(again["id"], member)["state"] == "done"


class TestListing:
    def test_whisper_1_and_the_configured_model_come_first(self, client: openai.OpenAI) -> None:
        assert names(client)[:2] == ["whisper-1", TINY.name]

    def test_a_slash_at_the_end_changes_nothing(self, server: LiveServer) -> None:
        ask = server.client.get
        assert ask(f"{server.origin}/v1/models/").json() == ask(f"{server.origin}/v1/models").json()

    def test_what_lies_in_the_cache_is_listed_by_its_shortest_name(
        self, client: openai.OpenAI, models_dir: Path
    ) -> None:
        put_into(models_dir)
        put_into(models_dir, "somebody", "whisper-of-theirs")
        assert {"tiny", "somebody/whisper-of-theirs", "home", "fast"} <= set(names(client))
        assert "home" in names(client)

    def test_an_alias_of_what_is_not_here_is_not_listed(self, client: openai.OpenAI) -> None:
        assert "home" not in names(client)
        assert "fast" in names(client)

    def test_a_model_is_found_by_any_of_its_names(self, client: openai.OpenAI, models_dir: Path) -> None:
        put_into(models_dir)
        for name in ("tiny", "Systran/faster-whisper-tiny", "home", "whisper-1", "gpt-4o-transcribe"):
            model = client.models.retrieve(name)
            assert (model.id, model.object) == (name, "model")
            assert isinstance(model.created, int)
            assert model.owned_by

    def test_it_says_what_our_own_clients_ask(
        self, client: openai.OpenAI, models_dir: Path, speech: Path
    ) -> None:
        put_into(models_dir)
        before: Any = client.models.retrieve("tiny")
        assert (before.engine, before.loaded) == ("faster-whisper", False)
        assert before.size == sum(path.stat().st_size for path in TINY.iterdir()) + len(COMMIT)
        assert transcribe(client, speech / "en_00.flac", "tiny") == "This is tango juliet six."
        listed: list[Any] = list(client.models.list())
        assert [model.id for model in listed if model.loaded] == ["tiny", "home"]

    @pytest.mark.parametrize("name", ["large-v3", "nobody/nothing", "../../etc/passwd", "no such model"])
    def test_what_is_not_here_is_not_found(self, client: openai.OpenAI, name: str) -> None:
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(name)
        assert caught.value.code == "model_not_found"


class TestFetching:
    def test_a_model_is_fetched_once(self, server: LiveServer, client: openai.OpenAI, hub: FakeHub) -> None:
        url = f"{server.origin}/v1/models/Systran/faster-whisper-tiny"
        first, second = server.client.post(url), server.client.post(url)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert first.json()["id"] == "Systran/faster-whisper-tiny"
        assert hub.downloads("vocabulary.json") == 1
        assert {"tiny", "home"} <= set(names(client))
        assert audited(server) == [("model.fetched", "tiny")]

    def test_the_configured_one_is_fetched_by_any_of_its_names(
        self, tmp_path: Path, models_dir: Path, hub: FakeHub
    ) -> None:
        with live_server(tmp_path, Path("tiny"), models_dir=models_dir, hf_endpoint=hub.address) as server:
            url = f"{server.origin}/v1/models/whisper-1"
            first, second = server.client.post(url), server.client.post(url)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == "whisper-1"

    def test_a_client_that_leaves_does_not_stop_it(
        self, server: LiveServer, client: openai.OpenAI, hub: FakeHub
    ) -> None:
        address = server.origin.removeprefix("http://")
        host, port = address.split(":")
        with socket.create_connection((host, int(port))) as connection:
            request = f"POST /v1/models/tiny HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(request.encode())
            wait_until(lambda: bool(hub.requests))
        wait_until(lambda: "tiny" in names(client))

    def test_a_hub_without_it_says_so(self, server: LiveServer) -> None:
        answer = server.client.post(f"{server.origin}/v1/models/nobody/nothing")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "model_not_found"

    def test_a_name_that_is_none_is_answered_with_names_like_it(self, server: LiveServer) -> None:
        answer = server.client.post(f"{server.origin}/v1/models/larg-v3")
        assert answer.status_code == 404
        assert "Did you mean large-v3" in answer.json()["error"]["message"]

    def test_offline_means_offline(self, make_server: MakeServer, models_dir: Path, hub: FakeHub) -> None:
        server = make_server(models_dir=models_dir, hf_endpoint=hub.address, offline=True)
        answer = server.client.post(f"{server.origin}/v1/models/tiny")
        assert answer.status_code == 503
        assert "AURICLE_OFFLINE" in answer.json()["error"]["message"]
        assert hub.requests == []


class TestDeleting:
    def test_a_model_is_deleted(self, server: LiveServer, client: openai.OpenAI, models_dir: Path) -> None:
        put_into(models_dir)
        gone = client.models.delete("Systran/faster-whisper-tiny")
        assert (gone.id, gone.object, gone.deleted) == ("Systran/faster-whisper-tiny", "model", True)
        assert "tiny" not in names(client)
        assert not (models_dir / "models--Systran--faster-whisper-tiny").exists()
        assert audited(server) == [("model.removed", "tiny")]
        with pytest.raises(openai.NotFoundError):
            client.models.delete("tiny")

    def test_one_that_is_idle_in_memory_is_unloaded_first(
        self, server: LiveServer, client: openai.OpenAI, models_dir: Path, speech: Path
    ) -> None:
        put_into(models_dir)
        transcribe(client, speech / "en_00.flac", "tiny")
        assert len(server.service.place.engines.loaded) == 1
        client.models.delete("tiny")
        assert server.service.place.engines.loaded == []

    def test_one_that_is_in_use_stays(
        self, server: LiveServer, client: openai.OpenAI, models_dir: Path, speech: Path
    ) -> None:
        put_into(models_dir)
        transcribe(client, speech / "en_00.flac", "tiny")
        (key,) = server.service.place.engines.loaded
        with (
            server.service.place.engines.lease(key, _not_again),
            pytest.raises(openai.ConflictError, match="in use"),
        ):
            client.models.delete("tiny")
        assert "tiny" in names(client)

    @pytest.mark.parametrize("name", ["whisper-1", "fast", TINY.name, "gpt-4o-transcribe"])
    def test_the_configured_one_stays_by_whatever_name(self, client: openai.OpenAI, name: str) -> None:
        with pytest.raises(openai.ConflictError, match="set to use"):
            client.models.delete(name)

    def test_what_is_built_in_stays(self, client: openai.OpenAI) -> None:
        with pytest.raises(openai.ConflictError, match="comes with Auricle"):
            client.models.delete("pocketsphinx")

    def test_an_unfinished_download_can_be_deleted(self, client: openai.OpenAI, models_dir: Path) -> None:
        blobs = models_dir / "models--Systran--faster-whisper-base" / "blobs"
        blobs.mkdir(parents=True)
        (blobs / "0.part").write_bytes(bytes(100))
        assert client.models.delete("base").deleted
        assert not blobs.exists()

    def test_folders_of_ones_own_are_out_of_reach(self, client: openai.OpenAI, tmp_path: Path) -> None:
        own = shutil.copytree(TINY, tmp_path / "own")
        for name in (str(own), os.path.relpath(own)):
            with pytest.raises(openai.APIStatusError):
                client.models.delete(name)
        assert (own / "model.bin").is_file()


class TestWhoMay:
    @pytest.fixture
    def locked(self, make_server: MakeServer, models_dir: Path, hub: FakeHub) -> LiveServer:
        put_into(models_dir)
        return make_server(models_dir=models_dir, hf_endpoint=hub.address, auth="on")

    def test_members_see_models_but_neither_fetch_nor_delete_them(
        self, locked: LiveServer, hub: FakeHub
    ) -> None:
        with locked.member("Mary") as mary:
            with client_of(locked, mary.headers["Authorization"].removeprefix("Bearer ")) as client:
                assert "tiny" in names(client)
                with pytest.raises(openai.PermissionDeniedError, match="Only an admin"):
                    client.models.delete("tiny")
            assert mary.post(f"{locked.origin}/v1/models/base").status_code == 403
        assert hub.requests == []

    def test_an_admins_key_needs_the_scope_for_it(self, locked: LiveServer) -> None:
        with client_of(locked, locked.key("local", scopes=("transcribe",))) as client:
            assert "tiny" in names(client)
            with pytest.raises(openai.PermissionDeniedError, match="lacks the scope admin"):
                client.models.delete("tiny")
        with client_of(locked, locked.key("local")) as client:
            assert client.models.delete("tiny").deleted

    def test_nobody_sees_anything_without_a_key(self, locked: LiveServer) -> None:
        with client_of(locked, "auricle_wrong_key") as client, pytest.raises(openai.AuthenticationError):
            client.models.list()


def audited(server: LiveServer) -> list[tuple[str, str]]:
    """What was noted about models."""
    with server.service.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("model.")))
        return [(event.action, event.subject) for event in events]


def _not_again() -> Any:
    raise AssertionError("It is loaded already.")


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)

"""Models by name, from the cache, a folder or a hub: the hub is a real HTTP server on this machine."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auricle.engines import models
from auricle.engines.model_cache import Repository
from auricle.engines.model_hub import Hub
from auricle.errors import Conflict, DiskFull, InvalidOption, ModelUnavailable, NotFound, UnknownModel
from fake_hub import COMMIT, FakeHub, running_hub, tiny_repository

TINY = Path(__file__).parents[1] / "fixtures" / "whisper-fixture-ct2"
REPOSITORY = "Systran/faster-whisper-tiny"

#: A process that pulls a model and is killed when the file it is told arrives.
PULL_UNTIL = """
import os, pathlib, signal, sys
from auricle.engines import models
from auricle.engines.model_hub import Hub
address, cache, at = sys.argv[1:]
def die(name, done, size):
    if name == at:
        os.kill(os.getpid(), signal.SIGKILL)
models.pull("tiny", models_dir=pathlib.Path(cache), hub=Hub(endpoint=address), report=die)
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with running_hub() as hub:
        yield hub


def speaks_to(hub: FakeHub, *, token: str | None = None, offline: bool = False) -> Hub:
    return Hub(endpoint=hub.address, token=token, offline=offline, backoff=0.001)


def folder_of(cache: Path) -> Path:
    return cache / "models--Systran--faster-whisper-tiny"


def blob(cache: Path, name: str) -> Path:
    return (folder_of(cache) / "snapshots" / COMMIT / name).resolve()


class TestNames:
    def test_the_sizes_are_those_of_faster_whisper(self) -> None:
        from faster_whisper import utils

        assert dict(models.REPOSITORIES) == utils._MODELS

    @pytest.mark.parametrize(
        ("wrong", "meant"), [("larg-v3", "large-v3"), ("Base", "base"), ("distil-large", "distil-large-v2")]
    )
    def test_a_misspelt_name_is_answered_with_names_like_it(self, wrong: str, meant: str) -> None:
        with pytest.raises(UnknownModel, match=rf"Did you mean .*\b{meant}\b"):
            models.repository_of(wrong)

    def test_a_name_like_no_other_is_answered_with_all_of_them(self) -> None:
        with pytest.raises(UnknownModel, match=r"Known names: tiny, .*large-v3-turbo"):
            models.repository_of("qqq")

    @pytest.mark.parametrize("name", ["../secrets", "a/b/c", "owner/..", "/etc", "", "owner/na me", "-/x"])
    def test_what_could_leave_the_cache_or_the_hub_is_no_name(self, name: str) -> None:
        with pytest.raises(UnknownModel):
            models.repository_of(name)

    @pytest.mark.parametrize("name", ["~nobody/x", "~\x11", "x" * 5000, f"owner/{'x' * 97}", "a\0b"])
    def test_what_can_be_no_folder_is_no_name_either(self, name: str) -> None:
        with pytest.raises(UnknownModel):
            models.find(name)

    def test_a_folder_without_a_model_is_told_what_it_lacks(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text("{}")
        with pytest.raises(UnknownModel, match=r"lacks model\.bin, vocabulary\.json"):
            models.find(str(tmp_path))


class TestOwnFolder:
    def test_a_folder_with_a_model_is_one(self) -> None:
        found = models.find(str(TINY))
        assert found is not None
        assert found.path == TINY

    def test_its_revision_follows_its_content_and_not_its_place(self, tmp_path: Path) -> None:
        copy = shutil.copytree(TINY, tmp_path / "copy")
        original, moved = models.find(str(TINY)), models.find(str(copy))
        (copy / "config.json").write_text("{}")
        changed = models.find(str(copy))
        assert original is not None
        assert moved is not None
        assert changed is not None
        assert original.revision == moved.revision
        assert original.revision != changed.revision

    def test_it_is_never_removed(self, tmp_path: Path) -> None:
        copy = shutil.copytree(TINY, tmp_path / "copy")
        with pytest.raises(InvalidOption, match="your own"):
            models.remove(str(copy), models_dir=tmp_path)
        assert (copy / "model.bin").is_file()


class TestPull:
    def test_it_brings_the_model_and_nothing_else(self, hub: FakeHub, tmp_path: Path) -> None:
        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert pulled == models.find("tiny", models_dir=tmp_path)
        assert pulled.revision == COMMIT
        names = {path.name for path in pulled.path.iterdir()}
        assert names == {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}
        assert all((pulled.path / name).read_bytes() == tiny_repository()[name] for name in names)

    def test_a_model_that_is_here_needs_no_request(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        hub.requests.clear()
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert hub.requests == []

    def test_only_what_is_missing_is_fetched(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        blob(tmp_path, "vocabulary.json").unlink()
        hub.requests.clear()
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert [name for name in tiny_repository() if hub.downloads(name)] == ["vocabulary.json"]

    def test_a_file_of_the_wrong_size_is_fetched_again(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        blob(tmp_path, "model.bin").write_bytes(b"short")
        blob(tmp_path, "config.json").unlink()
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert blob(tmp_path, "model.bin").read_bytes() == tiny_repository()["model.bin"]

    def test_force_fetches_every_file_anew_and_follows_the_hub(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        hub.commit = "2" * 40
        hub.requests.clear()
        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub), force=True)
        assert pulled.revision == "2" * 40
        assert (
            hub.downloads("model.bin") == hub.downloads("config.json") + 1
        )  # the large file's storage redirects

    def test_progress_names_each_file_and_ends_at_its_size(self, hub: FakeHub, tmp_path: Path) -> None:
        seen: dict[str, list[tuple[int, int]]] = {}
        models.pull(
            "tiny",
            models_dir=tmp_path,
            hub=speaks_to(hub),
            report=lambda name, done, size: seen.setdefault(name, []).append((done, size)),
        )
        assert seen.keys() == {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}
        for name, steps in seen.items():
            size = len(tiny_repository()[name])
            assert steps == sorted(steps)
            assert steps[-1] == (size, size)

    def test_other_programs_find_the_model_in_the_cache(self, hub: FakeHub, tmp_path: Path) -> None:
        from huggingface_hub import scan_cache_dir, snapshot_download

        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        theirs = snapshot_download(REPOSITORY, cache_dir=tmp_path, local_files_only=True)
        assert Path(theirs) == pulled.path
        assert [repo.repo_id for repo in scan_cache_dir(tmp_path).repos] == [REPOSITORY]

    def test_the_real_model_comes_through_whole_and_hears(self, hub: FakeHub, tmp_path: Path) -> None:
        import numpy as np
        from faster_whisper import WhisperModel

        hub.repositories["someone/tiny-ct2"] = {path.name: path.read_bytes() for path in TINY.iterdir()}
        pulled = models.pull("someone/tiny-ct2", models_dir=tmp_path, hub=speaks_to(hub))
        model = WhisperModel(str(pulled.path), device="cpu", compute_type="int8", local_files_only=True)
        segments, _ = model.transcribe(np.zeros(16_000, dtype=np.float32), language="en")
        assert list(segments) == []

    def test_two_pulls_at_once_download_once(self, hub: FakeHub, tmp_path: Path) -> None:
        with ThreadPoolExecutor(2) as threads:
            pulls = [
                threads.submit(models.pull, "tiny", models_dir=tmp_path, hub=speaks_to(hub)) for _ in range(2)
            ]
        assert pulls[0].result() == pulls[1].result()
        assert hub.downloads("config.json") == 1


class TestInterruptedPull:
    def test_a_lost_connection_is_made_again_and_goes_on_at_the_byte(
        self, hub: FakeHub, tmp_path: Path
    ) -> None:
        hub.cut["model.bin"] = 100_000
        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert hub.ranges == ["model.bin bytes=100000-"]
        assert (pulled.path / "model.bin").read_bytes() == tiny_repository()["model.bin"]

    def test_a_stopped_pull_leaves_no_model_and_the_next_one_goes_on(
        self, hub: FakeHub, tmp_path: Path
    ) -> None:
        def stop(name: str, done: int, size: int) -> None:
            if name == "model.bin" and done > size // 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub), report=stop)
        assert models.find("tiny", models_dir=tmp_path) is None
        [unfinished] = models.installed(models_dir=tmp_path)
        assert (unfinished.name, unfinished.files) == ("tiny", None)
        part = next(folder_of(tmp_path).glob("blobs/*.part")).stat().st_size

        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert hub.ranges == [f"model.bin bytes={part}-"]
        assert (pulled.path / "model.bin").read_bytes() == tiny_repository()["model.bin"]

    def test_a_pull_killed_at_any_file_leaves_no_model(self, hub: FakeHub, tmp_path: Path) -> None:
        for name in ("vocabulary.json", "tokenizer.json", "config.json", "model.bin"):
            killed = subprocess.run(
                [sys.executable, "-c", PULL_UNTIL, hub.address, tmp_path, name], check=False
            )
            assert killed.returncode == -signal.SIGKILL
            assert models.find("tiny", models_dir=tmp_path) is None
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert models.verify("tiny", models_dir=tmp_path).damaged == ()

    def test_an_interrupted_update_leaves_the_old_revision_in_use(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        hub.commit = "2" * 40
        hub.damaged = {"model.bin"}
        with pytest.raises(ModelUnavailable):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub), force=True)
        found = models.find("tiny", models_dir=tmp_path)
        assert found is not None
        assert found.revision == COMMIT
        assert models.verify("tiny", models_dir=tmp_path).damaged == ()

    def test_an_update_that_another_program_broke_off_does_not_hide_the_old_revision(
        self, hub: FakeHub, tmp_path: Path
    ) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        (folder_of(tmp_path) / "snapshots" / ("2" * 40)).mkdir()
        (folder_of(tmp_path) / "refs" / "main").write_text("2" * 40)
        found = models.find("tiny", models_dir=tmp_path)
        assert found is not None
        assert found.revision == COMMIT

    def test_an_unfinished_file_of_another_making_is_thrown_away(self, hub: FakeHub, tmp_path: Path) -> None:
        files = tiny_repository()
        blobs = folder_of(tmp_path) / "blobs"
        blobs.mkdir(parents=True)
        (blobs / f"{hub.hash_of('model.bin', files['model.bin'])}.part").write_bytes(b"nothing of it")
        pulled = models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert (pulled.path / "model.bin").read_bytes() == files["model.bin"]

    def test_a_hub_in_trouble_is_asked_again(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.refusals = [(503, {}), (429, {}), (500, {})]
        assert models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub)).revision == COMMIT

    def test_a_hub_that_stays_in_trouble_is_given_up(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.refusals = [(503, {})] * 100
        with pytest.raises(ModelUnavailable, match="503"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert len(hub.requests) == 5


class TestDamagedContent:
    def test_a_file_with_the_wrong_hash_is_refused_and_not_kept(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.damaged = {"model.bin"}
        with pytest.raises(
            ModelUnavailable, match=r"model\.bin of Systran/faster-whisper-tiny arrived damaged"
        ):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert models.find("tiny", models_dir=tmp_path) is None
        assert list(folder_of(tmp_path).rglob("*.part")) == []

    def test_small_files_are_checked_too(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.damaged = {"tokenizer.json"}
        with pytest.raises(ModelUnavailable, match=r"tokenizer\.json"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))

    def test_verify_names_the_file_that_changed_on_disk(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        sound = models.verify("tiny", models_dir=tmp_path)
        assert sound.damaged == sound.unchecked == ()
        assert len(sound.sound) == 4
        content = blob(tmp_path, "model.bin").read_bytes()
        blob(tmp_path, "model.bin").write_bytes(content[:-1] + b"\0")
        assert models.verify("tiny", models_dir=tmp_path).damaged == ("model.bin",)

    def test_verify_says_what_it_cannot_know(self) -> None:
        result = models.verify(str(TINY))
        assert result.sound == result.damaged == ()
        assert "model.bin" in result.unchecked


class TestRefusal:
    def test_offline_makes_no_request_and_says_what_is_missing(self, hub: FakeHub, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"config\.json, model\.bin.*auricle models pull tiny"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub, offline=True))
        assert hub.requests == []

    def test_a_hub_that_refuses_connections_is_reported_with_a_way_out(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, but not listening
            nobody = Hub(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
            with pytest.raises(ModelUnavailable, match=r"cannot be reached.*auricle models pull tiny"):
                models.pull("tiny", models_dir=tmp_path, hub=nobody)
        assert not folder_of(tmp_path).exists()

    def test_a_hub_that_never_answers_counts_as_unreachable(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            mute = Hub(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                models.pull("tiny", models_dir=tmp_path, hub=mute)

    def test_a_hub_that_drips_its_answer_counts_as_unreachable(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
            dripping = thread.submit(_drip, server)
            slow = Hub(endpoint=f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.3)
            with pytest.raises(ModelUnavailable, match=r"no answer within 0\.3 s"):
                models.pull("tiny", models_dir=tmp_path, hub=slow)
            dripping.result()

    def test_a_hub_whose_name_does_not_exist_is_unreachable(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"hub\.invalid cannot be reached"):
            models.pull("tiny", models_dir=tmp_path, hub=Hub(endpoint="http://hub.invalid"))

    def test_an_address_that_is_none_is_unreachable(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            models.pull("tiny", models_dir=tmp_path, hub=Hub(endpoint="htp://[hub"))

    def test_a_model_that_the_hub_does_not_have_is_unknown(self, hub: FakeHub, tmp_path: Path) -> None:
        with pytest.raises(UnknownModel, match="no model nobody/nothing"):
            models.pull("nobody/nothing", models_dir=tmp_path, hub=speaks_to(hub))

    def test_a_repository_without_a_whisper_model_is_unknown(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.repositories["someone/bert"] = {"config.json": b"{}", "model.safetensors": b"..."}
        with pytest.raises(UnknownModel, match="no model for faster-whisper"):
            models.pull("someone/bert", models_dir=tmp_path, hub=speaks_to(hub))

    @pytest.mark.parametrize(
        ("status", "headers", "says"),
        [
            (401, {"X-Error-Code": "GatedRepo"}, "accepted its terms.*AURICLE_HF_TOKEN"),
            (403, {}, "accepted its terms.*AURICLE_HF_TOKEN"),
            (401, {}, "no public model.*AURICLE_HF_TOKEN"),
        ],
    )
    def test_a_closed_model_asks_for_the_token(
        self, hub: FakeHub, tmp_path: Path, status: int, headers: dict[str, str], says: str
    ) -> None:
        hub.refusals = [(status, headers)]
        with pytest.raises(ModelUnavailable, match=says):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))

    def test_a_login_page_is_not_taken_for_a_hub(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.refusals = [(200, {"Content-Type": "text/html"})]
        with pytest.raises(ModelUnavailable, match="proxy or a login page"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))

    def test_a_listing_cannot_choose_where_files_are_written(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.commit = "../../../escaped"
        with pytest.raises(ModelUnavailable, match="hashes that are none"):
            models.pull("tiny", models_dir=tmp_path / "cache", hub=speaks_to(hub))
        assert list(tmp_path.rglob("*")) == []

    def test_the_token_goes_to_the_hub_but_not_to_the_storage_behind_it(
        self, hub: FakeHub, tmp_path: Path
    ) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub, token="hf_made_up"))
        shown = dict(zip(hub.requests, hub.tokens, strict=True))
        storage = [request for request in shown if request.startswith("GET /storage/")]
        assert storage
        assert {shown[request] for request in storage} == {None}
        assert {shown[request] for request in shown.keys() - storage} == {"Bearer hf_made_up"}

    def test_the_login_of_hugging_face_is_not_shown_to_another_hub(
        self, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_made_up")
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert set(hub.tokens) == {None}

    def test_the_token_is_not_printed_with_the_hub(self) -> None:
        assert "hf_made_up" not in repr(Hub(token="hf_made_up"))


class TestFullDisk:
    def test_a_model_too_large_for_the_disk_is_not_begun(self, hub: FakeHub, tmp_path: Path) -> None:
        hub.sizes["model.bin"] = 10**18
        with pytest.raises(DiskFull, match=r"needs 1,000,000,000,000 MB"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert hub.downloads("config.json") == 0

    def test_a_disk_that_fills_up_on_the_way_is_left_without_leftovers(
        self, hub: FakeHub, tmp_path: Path
    ) -> None:
        blobs = folder_of(tmp_path) / "blobs"
        blobs.mkdir(parents=True)
        part = blobs / f"{hub.hash_of('model.bin', tiny_repository()['model.bin'])}.part"
        part.symlink_to("/dev/full")
        with pytest.raises(DiskFull, match="unfinished download was removed"):
            models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        assert list(blobs.glob("*.part")) == []
        assert models.find("tiny", models_dir=tmp_path) is None

    def test_a_cache_that_cannot_be_written_is_named(self, hub: FakeHub, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(ModelUnavailable, match=r"cannot be written.*AURICLE_MODELS_DIR"):
            models.pull("tiny", models_dir=tmp_path / "file", hub=speaks_to(hub))


class TestInstalled:
    def test_it_lists_models_with_size_and_revision(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        [model] = models.installed(models_dir=tmp_path)
        assert (model.name, model.repository) == ("tiny", REPOSITORY)
        assert model.files is not None
        assert model.files.revision == COMMIT
        assert model.size == len(COMMIT) + sum(
            len(content)
            for name, content in tiny_repository().items()
            if name not in ("README.md", ".gitattributes")
        )

    def test_what_other_programs_keep_in_the_cache_is_not_listed(self, tmp_path: Path) -> None:
        (tmp_path / "models--google--bert" / "snapshots" / COMMIT).mkdir(parents=True)
        assert models.installed(models_dir=tmp_path) == []

    def test_an_empty_or_absent_cache_has_none(self, tmp_path: Path) -> None:
        assert models.installed(models_dir=tmp_path / "absent") == []

    def test_remove_frees_the_disk(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        [model] = models.installed(models_dir=tmp_path)
        assert models.remove("tiny", models_dir=tmp_path) == model.size
        assert not folder_of(tmp_path).exists()
        assert models.find("tiny", models_dir=tmp_path) is None

    def test_remove_says_where_there_is_nothing_to_remove(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match="tiny is not in"):
            models.remove("tiny", models_dir=tmp_path)

    def test_a_model_that_is_being_pulled_is_not_removed(self, hub: FakeHub, tmp_path: Path) -> None:
        models.pull("tiny", models_dir=tmp_path, hub=speaks_to(hub))
        with Repository(tmp_path, REPOSITORY).lock(), pytest.raises(Conflict, match="being pulled"):
            models.remove("tiny", models_dir=tmp_path)
        assert models.find("tiny", models_dir=tmp_path) is not None


def _drip(server: socket.socket) -> None:
    """Answer so slowly that no single read times out, and close after a second."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(20):
            time.sleep(0.05)
            connection.sendall(b"X-Drip: 1\r\n")

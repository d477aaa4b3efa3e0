"""The folders of workers: one each, and none is left."""

from pathlib import Path

import pytest

from auricle.jobs.folders import own_folder


def test_a_folder_is_there_while_its_worker_lives(tmp_path: Path) -> None:
    with own_folder(tmp_path / "work", "host:7") as folder:
        (folder / "samples").write_bytes(b"x")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_worker_takes_nothing_from_one_that_lives(tmp_path: Path) -> None:
    with own_folder(tmp_path, "container:1") as first:
        (first / "samples").write_bytes(b"x")
        with own_folder(tmp_path, "other:1") as second:
            assert second != first
        assert (first / "samples").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["same:1", "other:1"])
def test_what_a_killed_worker_left_goes(tmp_path: Path, name: str) -> None:
    left = tmp_path / "worker-same-1"
    left.mkdir()
    (left / "samples").write_bytes(b"x")
    with own_folder(tmp_path, name):
        assert not (left / "samples").exists()
    assert list(tmp_path.iterdir()) == []

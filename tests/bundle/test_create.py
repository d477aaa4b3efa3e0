"""What making a bundle takes for its own folder, and what it leaves alone."""

import fcntl
import json
from dataclasses import replace
from pathlib import Path

import pytest

from auricle.bundle.create import Wanted, create
from auricle.bundle.manifest import MANIFEST, Manifest, Target, read_manifest, record_of, write_manifest
from auricle.errors import Conflict, InvalidOption, UnknownModel
from auricle.settings import Settings
from command_line import files_below

TINY = Path(__file__).parents[1] / "fixtures" / "whisper-fixture-ct2"
TARGET = Target("cpu", "3.11", "x86_64")
MISTYPED, GOOD = Wanted(TARGET, ("tinny",)), Wanted(TARGET, (str(TINY),))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models_dir=tmp_path / "cache", offline=True)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle of ours, whole."""
    folder = tmp_path / "bundle"
    (folder / "models/own").mkdir(parents=True)
    (folder / "models/own/model.bin").write_bytes(b"model")
    files = {"models/own/model.bin": record_of(folder / "models/own/model.bin")}
    write_manifest(Manifest("1.0", "2026-05-01T00:00:00+00:00", TARGET, files), folder)
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bundle.json", json.dumps({"name": "my js bundle"})),
        ("bundle.json", "[1, 2]"),
        ("unfinished.json", json.dumps({"novel": {"size": 3}})),
        ("install.sh", "apt-get install everything"),
        ("SHA256SUMS", "0000  holiday.jpg"),
    ],
)
@pytest.mark.parametrize("wanted", [MISTYPED, GOOD])
def test_a_folder_of_somebody_elses_stays_as_it_is(
    tmp_path: Path, settings: Settings, wanted: Wanted, name: str, content: str
) -> None:
    folder = tmp_path / "site"
    for other in ("images/holiday.jpg", "models/m.bin", "deploy/prod.sh"):
        (folder / other).parent.mkdir(parents=True)
        (folder / other).write_text("mine")
    (folder / name).write_text(content)
    before = files_below(folder)
    with pytest.raises(Conflict, match="holds something that is no bundle: name another folder"):
        create(wanted, folder, settings)
    assert files_below(folder) == before
    assert (folder / name).read_text() == content


def test_a_file_is_no_folder_for_a_bundle(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "letter").write_text("Dear Anna")
    with pytest.raises(Conflict, match="is a file: name another folder"):
        create(GOOD, tmp_path / "letter", settings)


def test_a_mistyped_model_leaves_nothing_in_a_new_folder(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(UnknownModel):
        create(MISTYPED, tmp_path / "new/bundle", settings)
    assert not (tmp_path / "new").exists()


def test_a_mistyped_model_leaves_the_bundle_that_is_there_whole(bundle: Path, settings: Settings) -> None:
    before = read_manifest(bundle), files_below(bundle)
    with pytest.raises(UnknownModel):
        create(MISTYPED, bundle, settings)
    assert (read_manifest(bundle), files_below(bundle)) == before


@pytest.mark.parametrize("left", ["install.sh", "unfinished.json"])
def test_a_damaged_bundle_is_known_by_what_is_left_of_it(bundle: Path, settings: Settings, left: str) -> None:
    (bundle / MANIFEST).write_text('{"format": ')
    said = {
        "install.sh": 'exec "$python" -m auricle.bundle install "$here" "$@"',
        "unfinished.json": json.dumps({"format": "auricle.bundle/1", "files": {}}),
    }
    (bundle / left).write_text(said[left])
    with pytest.raises(UnknownModel):
        create(MISTYPED, bundle, settings)


@pytest.mark.parametrize("link", [False, True])
def test_a_difference_does_not_replace_what_it_differs_from(
    bundle: Path, tmp_path: Path, settings: Settings, link: bool
) -> None:
    folder = bundle
    if link:
        folder = tmp_path / "link"
        folder.symlink_to(bundle)
    before = files_below(bundle)
    with pytest.raises(InvalidOption, match="is the bundle to differ from"):
        create(replace(GOOD, base=read_manifest(bundle)), folder, settings)
    assert files_below(bundle) == before


def test_two_do_not_make_one_bundle_at_once(bundle: Path, settings: Settings) -> None:
    with (bundle / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another command is making the bundle"):
            create(GOOD, bundle, settings)
    assert read_manifest(bundle)
    assert (bundle / ".lock").exists()

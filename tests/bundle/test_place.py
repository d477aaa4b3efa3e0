"""Where a bundle may be installed, and what an installation leaves alone: small bundles, refused in time."""

import platform
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from auricle.bundle import BaseMissing, CannotCollect
from auricle.bundle.install import install
from auricle.bundle.manifest import FileRecord, Image, Manifest, Model, Target, record_of, write_manifest
from auricle.bundle.place import forget_old
from auricle.bundle.placing import place_model
from auricle.errors import Conflict, InvalidOption
from command_line import files_below
from fake_docker import FakeDocker

HERE = Target("cpu", "{}.{}".format(*sys.version_info[:2]), platform.machine())
IMAGE = Image("auricle:cpu", "sha256:1", "images/1.tar")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small bundle for this machine, a difference whose image lies elsewhere."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "requirements.txt").touch()
    files = {
        "requirements.txt": record_of(folder / "requirements.txt"),
        IMAGE.file: FileRecord(1, "0" * 64),
    }
    write_manifest(
        Manifest("1.0", "2026", HERE, files, images=(IMAGE,), base="0" * 16, left_out=(IMAGE.file,)), folder
    )
    return folder


def made(place: Path, *names: str) -> None:
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("mine")


def test_a_folder_of_something_else_is_no_place_for_an_installation(bundle: Path, tmp_path: Path) -> None:
    place = tmp_path / "app"
    made(place, "releases/20260101120000/app.rb", "bundles/vendor/x", "bin/auricle", "current/app.rb")
    before = files_below(place)
    with pytest.raises(Conflict, match="no installation of Auricle: name another folder with --to"):
        install(bundle, place)
    assert files_below(place) == before


def test_a_current_that_is_a_folder_is_told_before_anything_is_written(bundle: Path, tmp_path: Path) -> None:
    made(tmp_path / "place", ".auricle.lock", "current/mine")
    with pytest.raises(Conflict, match="current is no link"):
        install(bundle, tmp_path / "place")
    assert files_below(tmp_path / "place") == [".auricle.lock", "current/mine"]


@pytest.mark.parametrize("name", ['with"quote', "with:colon", "with$dollar", "with\\backslash"])
def test_a_path_that_no_environment_can_have_is_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidOption, match="holds the character"):
        install(bundle, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(bundle: Path) -> None:
    said: list[str] = []
    with pytest.raises(InvalidOption, match="cannot be written"):
        install(bundle, Path("/proc/auricle"), say=said.append)
    assert said == []


def test_an_image_that_is_missing_is_told_before_anything_is_written(
    bundle: Path, tmp_path: Path, docker: FakeDocker
) -> None:
    docker.answers("images", "")
    with pytest.raises(BaseMissing, match="The image auricle:cpu is neither here nor in this bundle"):
        install(bundle, tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_only_what_an_installation_made_is_removed(tmp_path: Path) -> None:
    old, broken, cut = "a" * 16, "b" * 16, f".{'c' * 16}.part"
    made(tmp_path, f"releases/{old}/complete", f"releases/{broken}/pyvenv.cfg", f"bundles/{cut}/x")
    theirs = [f"releases/{'2' * 16}/app.rb", "releases/20260101120000/complete", "bundles/vendor/bundle.json"]
    made(tmp_path, *theirs)
    forget_old(tmp_path)
    assert files_below(tmp_path) == sorted(theirs)


def test_a_model_of_ones_own_is_replaced_by_the_next_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    model = Model("own", "models/own")
    made(tmp_path, "models/own/model.bin", "models/own/former.json")
    place_model(model, tmp_path, tmp_path / "place")
    (tmp_path / "models/own/former.json").unlink()
    place_model(model, tmp_path, tmp_path / "place")
    assert files_below(tmp_path / "place") == ["own/model.bin"]


def test_a_release_that_does_not_start_is_told_by_what_it_printed(tmp_path: Path) -> None:
    folder, name = tmp_path / "bundle", "wheels/auricle-1.0-py3-none-any.whl"
    made(folder, "requirements.txt", name)
    (folder / "requirements.txt").write_text("")
    with zipfile.ZipFile(folder / name, "w") as wheel:
        wheel.writestr("auricle.py", "raise SystemExit('libfoo.so is missing.')")
        about = "auricle-1.0.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: auricle\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\nauricle = auricle:main\n")
        wheel.writestr(f"{about}/RECORD", "")
    files = {one: record_of(folder / one) for one in ("requirements.txt", name)}
    write_manifest(Manifest("1.0", "2026", HERE, files), folder)
    with pytest.raises(CannotCollect, match=r"does not start as Auricle 1\.0 \(libfoo\.so is missing\)"):
        install(folder, tmp_path / "place")
    assert not (tmp_path / "place/current").exists()
    assert list((tmp_path / "place/releases").iterdir()) == []


def test_ctrl_c_ends_an_installation_with_a_sentence(tmp_path: Path) -> None:
    folder, size = tmp_path / "bundle", 1 << 40
    folder.mkdir()
    with (folder / "endless").open("wb") as file:
        file.truncate(size)
    write_manifest(Manifest("1.0", "2026", HERE, {"endless": FileRecord(size, "0" * 64)}), folder)
    command = [sys.executable, "-u", "-m", "auricle.bundle", "install", folder, "--to", tmp_path / "place"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Checking 1 files")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert (process.returncode, stderr) == (130, "auricle: stopped; the same command starts over.\n")
    assert not (tmp_path / "place").exists()

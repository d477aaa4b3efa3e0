"""A bundle made for real, from the package index that pip knows, and installed where there is no network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from auricle.bundle.manifest import MANIFEST, SUMS, read_manifest, write_manifest
from fake_hub import running_hub

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "fixtures" / "whisper-fixture-ct2"
BUILT = ROOT / "src/auricle/server/static/app/index.html"
# The packages are fetched and installed for real, which takes long on a busy machine.
pytestmark = pytest.mark.timeout(900)
#: A network of its own, in which there is nothing, not even this machine.
NO_NETWORK = ("unshare", "--map-root-user", "--net")


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: str
    stderr: str


def run(*command: str | Path, **environment: str) -> Ended:
    """A command without settings of whoever runs the tests, far from the sources."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AURICLE_")}
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        env=plain | {"NO_PROXY": "127.0.0.1"} | environment,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def auricle(*words: str | Path, **environment: str) -> Ended:
    return run(sys.executable, "-m", "auricle", *words, **environment)


def without_python_path(*command: str | Path, **environment: str) -> Ended:
    """What is installed may not find this Auricle's own sources."""
    return run("env", "-u", "PYTHONPATH", *command, **environment)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings with an empty model cache, and a hub that has the model tiny."""
    with running_hub() as hub:
        hub.repositories["Systran/faster-whisper-tiny"] = {
            path.name: path.read_bytes() for path in TINY.iterdir() if path.is_file()
        }
        models_dir = tmp_path_factory.mktemp("models")
        yield {"AURICLE_HF_ENDPOINT": hub.address, "AURICLE_MODELS_DIR": str(models_dir)}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, cache: dict[str, str]) -> Path:
    """A whole bundle with one model, of the hub."""
    if not BUILT.is_file() and "CI" not in os.environ:
        pytest.skip("the web app is not built (make ui)")
    folder = tmp_path_factory.mktemp("made") / "bundle"
    ended = auricle("bundle", "create", "--models", "tiny", "-o", folder, "--images", "no", **cache)
    if "pip could not download" in ended.stderr and "CI" not in os.environ:
        pytest.skip("there is no package index here")
    assert ended.status == 0, ended.stderr
    assert f"{folder} is a bundle of Auricle" in ended.stdout
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """The bundle installed, by a Python that reaches nothing and nobody."""
    if run(*NO_NETWORK, "true").status:
        pytest.skip("the kernel makes no network namespaces here")
    place = tmp_path_factory.mktemp("other-side") / "auricle"
    ended = without_python_path(
        *NO_NETWORK, "sh", bundle / "install.sh", "--to", place, PYTHON=sys.executable
    )
    assert ended.status == 0, ended.stderr
    assert f"is installed: {place}/bin/auricle" in ended.stdout
    return place


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle to damage: of links, so its files have to be replaced, not changed."""
    shutil.copytree(bundle, tmp_path / "copy", copy_function=os.link)
    return tmp_path / "copy"


def change(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    change(path, bytes(content))


def own_wheel(folder: Path) -> str:
    return next(name for name in read_manifest(folder).files if name.startswith("wheels/auricle-"))


def first_model_file(folder: Path) -> str:
    return next(name for name in read_manifest(folder).files if name.startswith("models/"))


def transcribed(place: Path, data: Path) -> Ended:
    sample = ROOT / "src/auricle/samples/meeting.flac"
    command = place / "bin/auricle"
    return without_python_path(*NO_NETWORK, command, "transcribe", sample, AURICLE_DATA_DIR=str(data))


def test_what_was_installed_without_a_network_transcribes(place: Path, tmp_path: Path) -> None:
    ended = transcribed(place, tmp_path)
    assert ended.status == 0, ended.stderr
    assert "seventeen days left" in ended.stdout


def test_the_web_app_and_the_compose_files_are_installed(place: Path) -> None:
    script = (
        "from auricle.shipped import shipped, checkout; from auricle.server.ui import __file__ as ui;"
        "from pathlib import Path; assert checkout() is None;"
        "print((Path(ui).parent / 'static/app/index.html').is_file());"
        "print((shipped('deploy') / 'compose.yaml').is_file())"
    )
    ended = without_python_path(place / "current/bin/python", "-c", script)
    assert ended.stdout == "True\nTrue\n", ended.stderr


def test_an_installed_model_is_the_published_one(place: Path) -> None:
    ended = without_python_path(place / "bin/auricle", "models", "verify", "tiny")
    assert (ended.status, "all as published" in ended.stdout) == (0, True), ended.stderr


def test_an_installed_auricle_packs_itself_for_the_next_one(
    place: Path, bundle: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; from auricle.bundle.wheels import own_wheel;"
        "own_wheel(Path(sys.argv[1]), lambda _: None)"
    )
    ended = without_python_path(place / "current/bin/python", "-c", script, tmp_path)
    assert ended.status == 0, ended.stderr
    [wheel] = tmp_path.glob("*.whl")
    unpacked, original = tmp_path / "unpacked", tmp_path / "original"
    shutil.unpack_archive(wheel, unpacked, "zip")
    shutil.unpack_archive(bundle / own_wheel(bundle), original, "zip")
    assert not subprocess.run(["diff", "-r", "-x", "RECORD", unpacked, original], check=False).returncode


def test_a_bundle_is_whole(bundle: Path) -> None:
    ended = auricle("bundle", "verify", bundle)
    assert (ended.status, "is whole: Auricle" in ended.stdout) == (0, True)
    checked = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=bundle, check=False)
    assert checked.returncode == 0
    assert not any(path.is_symlink() for path in bundle.rglob("*"))


@pytest.mark.parametrize("damaged", [first_model_file, own_wheel, lambda _: "install.sh", lambda _: MANIFEST])
def test_a_flipped_byte_is_named_and_nothing_is_installed(
    copy: Path, tmp_path: Path, damaged: object
) -> None:
    assert callable(damaged)
    name = damaged(copy)
    flip(copy / name)
    ended = auricle("bundle", "verify", copy)
    assert ended.status == 1
    assert f"{name} is damaged" in ended.stderr or (name == MANIFEST and "bundle.json" in ended.stderr)
    assert "opy it again" in ended.stderr
    installed = auricle("bundle", "install", copy, "--to", tmp_path / "place")
    assert installed.stderr.splitlines()[-1] == ended.stderr.splitlines()[-1]
    assert not (tmp_path / "place").exists()


def test_a_missing_file_is_named_and_nothing_is_installed(copy: Path, tmp_path: Path) -> None:
    name = first_model_file(copy)
    (copy / name).unlink()
    ended = auricle("bundle", "install", copy, "--to", tmp_path / "place")
    assert (ended.status, f"{name} is missing" in ended.stderr) == (1, True)
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize("cause", ["damaged", "missing"])
def test_the_installer_itself_is_checked_before_it_runs(copy: Path, tmp_path: Path, cause: str) -> None:
    wheel = copy / own_wheel(copy)
    flip(wheel) if cause == "damaged" else wheel.unlink()
    ended = without_python_path("sh", copy / "install.sh", "--to", tmp_path / "place", PYTHON=sys.executable)
    assert ended.status == 1
    assert f"{own_wheel(copy)} is {cause}" in ended.stderr
    assert not (tmp_path / "place").exists()


def test_a_bundle_for_another_machine_is_refused(copy: Path, tmp_path: Path) -> None:
    manifest = read_manifest(copy)
    for target, words in (
        (replace(manifest.target, machine="riscv64"), "is for Linux on riscv64"),
        (replace(manifest.target, python="3.9"), "is for Python 3.9"),
    ):
        write_manifest(replace(manifest, target=target), copy)
        ended = auricle("bundle", "install", copy, "--to", tmp_path / "place")
        assert (ended.status, words in ended.stderr) == (1, True)
    assert not (tmp_path / "place").exists()


def test_a_place_that_cannot_be_written_is_named_with_the_cure(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = auricle("bundle", "install", bundle, "--to", tmp_path / "file/place")
    assert (ended.status, "name another folder with --to" in ended.stderr) == (2, True)


def test_a_folder_that_is_no_bundle_is_told_from_one(tmp_path: Path) -> None:
    ended = auricle("bundle", "verify", tmp_path)
    assert (ended.status, "There is no bundle in" in ended.stderr) == (1, True)
    (tmp_path / "letter.txt").write_text("Dear Anna")
    refused = auricle("bundle", "create", "--models", TINY, "-o", tmp_path, "--images", "no")
    assert (refused.status, "holds something that is no bundle" in refused.stderr) == (1, True)
    assert (tmp_path / "letter.txt").read_text() == "Dear Anna"


def test_an_interrupted_bundle_goes_on_and_becomes_the_same(
    copy: Path, bundle: Path, cache: dict[str, str]
) -> None:
    others = [
        name for name in read_manifest(copy).files if name.startswith("wheels/") and "auricle" not in name
    ]
    gone, half, stray = copy / others[0], copy / others[1], copy / "wheels/stray.whl"
    kept = copy / others[2]
    written = kept.stat().st_mtime_ns
    gone.unlink()
    change(half, half.read_bytes()[:1000])
    change(copy / first_model_file(copy), b"half")
    stray.write_bytes(b"from an older bundle")
    (copy / MANIFEST).unlink()
    (copy / SUMS).unlink()
    (copy / "unfinished.json").write_text("{}")
    assert auricle("bundle", "verify", copy).status == 1
    ended = auricle("bundle", "create", "--models", "tiny", "-o", copy, "--images", "no", **cache)
    assert ended.status == 0, ended.stderr
    assert "of 2\n" in ended.stderr
    assert read_manifest(copy).identity == read_manifest(bundle).identity
    assert auricle("bundle", "verify", copy).status == 0
    assert not stray.exists()
    assert kept.stat().st_mtime_ns == written


def test_an_update_brings_only_what_is_new(
    place: Path, bundle: Path, cache: dict[str, str], tmp_path: Path
) -> None:
    update, own = tmp_path / "update", tmp_path / "of-ours"
    shutil.copytree(TINY, own)
    models = f"{own},tiny"
    arguments = ("--models", models, "--images", "no", "--since", bundle / MANIFEST)
    ended = auricle("bundle", "create", *arguments, "-o", update, **cache)
    assert ended.status == 0, ended.stderr
    manifest = read_manifest(update)
    assert "It is a difference" in ended.stdout
    assert manifest.base == read_manifest(bundle).identity
    new = {name for name in manifest.included() if not name.startswith("deploy/")}
    assert {name for name in new if name.startswith("wheels/")} == {own_wheel(update)}
    assert all("of-ours" in name for name in new if name.startswith("models/"))

    nowhere = auricle("bundle", "install", update, "--to", tmp_path / "nowhere")
    assert (nowhere.status, "is a difference to the bundle" in nowhere.stderr) == (1, True)
    assert not (tmp_path / "nowhere").exists()

    before = (place / "auricle.toml").read_text()
    done = without_python_path(*NO_NETWORK, place / "bin/auricle", "bundle", "install", update, "--to", place)
    assert done.status == 0, done.stderr
    assert (place / "auricle.toml").read_text() == before
    listed = without_python_path(place / "bin/auricle", "models", "where", "tiny")
    assert listed.status == 0, listed.stderr
    assert (place / "models/of-ours/model.bin").is_file()
    assert transcribed(place, tmp_path / "data").status == 0


def test_a_failed_installation_leaves_the_one_before_working(place: Path, copy: Path, tmp_path: Path) -> None:
    before = (place / "current").readlink()
    manifest = read_manifest(copy)
    broken = "requirements.txt"
    change(copy / broken, (copy / broken).read_bytes() + b"not-in-the-bundle==1.0 --hash=sha256:" + b"0" * 64)
    files = dict(manifest.files)
    files[broken] = replace(
        files[broken], size=(copy / broken).stat().st_size, sha256=sha256_of(copy / broken)
    )
    write_manifest(replace(manifest, files=files), copy)
    ended = auricle("bundle", "install", copy, "--to", place)
    assert (ended.status, "could not install" in ended.stderr) == (1, True)
    assert "Traceback" not in ended.stderr
    assert (place / "current").readlink() == before
    assert [path.name for path in (place / "releases").iterdir()] == [before.name]
    assert transcribed(place, tmp_path / "data").status == 0


def sha256_of(path: Path) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]


def test_a_manifest_cannot_lead_out_of_the_bundle(copy: Path) -> None:
    document = json.loads((copy / MANIFEST).read_text())
    document["files"]["../../etc/passwd"] = {"size": 1, "sha256": "0" * 64}
    change(copy / MANIFEST, json.dumps(document).encode())
    ended = auricle("bundle", "verify", copy)
    assert (ended.status, "no manifest of a bundle" in ended.stderr) == (1, True)

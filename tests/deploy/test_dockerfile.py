"""The Dockerfile, as far as it can be judged without building it: `make test-images` builds it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
TEXT = DOCKERFILE.read_text(encoding="utf-8")


def stages() -> dict[str, str]:
    """What stands in each stage, by its name."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", TEXT, flags=re.MULTILINE)[1:]
    return {name: content for _, name, content in zip(parts[::3], parts[1::3], parts[2::3], strict=True)}


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), DOCKERFILE], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_all_stages_come_from_one_base() -> None:
    first, *others = re.findall(r"^FROM (\S+) AS (\S+)$", TEXT, re.MULTILINE)
    assert first == ("debian:bookworm-slim", "base")
    names = {name for _, name in (first, *others)}
    assert {source for source, _ in others} <= names
    assert {"cpu", "cuda", "dev"} <= names


def test_cuda_is_cpu_and_libraries() -> None:
    lines = re.findall(r"^(?!#)([A-Z]+)", stages()["cuda"], re.MULTILINE)
    assert "FROM cpu AS cuda" in TEXT
    assert set(lines) == {"COPY", "ENV"}


@pytest.mark.parametrize("target", ["cpu", "dev"])
def test_containers_run_as_a_user_without_rights(target: str) -> None:
    users = re.findall(r"^USER (.+)$", stages()[target], re.MULTILINE)
    # A number, since Kubernetes cannot tell of a name whether it is root.
    assert users[-1] == "10001:10001"


def test_what_runs_has_neither_compilers_nor_pip() -> None:
    installed = re.findall(r"apt-get install -y --no-install-recommends ([^\\&\n]+)", stages()["base"])
    assert [names.split() for names in installed] == [["ca-certificates", "python3"]]
    assert "pip" not in stages()["cpu"]


def test_python_packages_are_those_of_the_locks() -> None:
    for command in re.findall(r"pip install ([^&]+)", TEXT):
        assert "--require-hashes" in command or "--no-deps" in command


def test_the_health_check_and_the_program_are_run_without_a_shell() -> None:
    runtime = stages()["cpu"]
    assert 'ENTRYPOINT ["auricle"]' in runtime
    assert 'CMD ["python", "-m", "auricle.healthy"]' in runtime
    assert "STOPSIGNAL SIGTERM" in runtime


def test_the_version_on_the_label_is_the_one_in_it() -> None:
    from auricle import __version__

    assert f"ARG VERSION={__version__}\n" in TEXT


def test_the_python_of_debian_is_where_the_libraries_go() -> None:
    assert set(re.findall(r"python3\.\d+", TEXT)) == {"python3.11"}


def test_the_builder_gets_only_what_it_needs() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert not {".env", "tests", ".git", "out"} & allowed

"""`auricle stack` as people type it, to an engine that notes what it is asked."""

import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import tarfile
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from dotenv import dotenv_values

from auricle.stack.environment import EXAMPLE, make_environment
from auricle.stack.files import Stack, own_services, ports
from auricle.store.database import open_database
from auricle.store.schema import LOCAL_USER, Recording
from command_line import Command, files_below
from fake_docker import FakeDocker, add_podman

DEPLOY = Path(__file__).parents[2] / "deploy"
VOLUMES = "auricle_data\nauricle_database\n"


@pytest.fixture
def env_file(here: Path) -> Path:
    """The stack's file of passwords, in the working directory, with ports that are free."""
    path = here / ".env"
    make_environment(path)
    for port in ports(Stack(path)):
        set_variable(path, port.variable, free_port())
    return path


def set_variable(path: Path, name: str | None, value: object) -> None:
    path.write_text(f"{path.read_text()}\n{name}={value}\n")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def words_after_options(asked: list[str]) -> list[str]:
    """What compose was told, without the files and profiles that come first."""
    assert asked[0] == "compose"
    words = asked[1:]
    while words[0].startswith("-"):
        words = words[2:]
    return words


def files_given(asked: list[str]) -> list[str]:
    return [Path(word).name for before, word in pairwise(asked) if before == "-f"]


@pytest.mark.usefixtures("env_file")
def test_the_stack_starts_in_the_background_and_says_where(auricle: Command, docker: FakeDocker) -> None:
    ended = auricle("stack", "up")
    assert ended.status == 0, ended.stderr
    assert "Auricle starts on http://127.0.0.1:" in ended.stdout
    [asked] = docker.asked()
    assert words_after_options(asked) == ["up", "--detach"]
    assert files_given(asked) == ["compose.yaml"]
    assert asked[asked.index("--env-file") + 1] == ".env"


@pytest.mark.usefixtures("env_file")
def test_options_choose_the_files_and_profiles(auricle: Command, docker: FakeDocker) -> None:
    options = ("--gpu", "--host-network", "--profile", "ollama")
    assert auricle("stack", "build", *options).status == 0
    [asked] = docker.asked()
    assert files_given(asked) == ["compose.yaml", "compose.gpu.yaml", "compose.host.yaml"]
    assert asked[asked.index("--profile") + 1] == "ollama"
    refused = auricle("stack", "up", "--profile", "olama")
    assert (refused.status, "no profile 'olama': there are" in refused.stderr) == (2, True)


@pytest.mark.usefixtures("env_file")
def test_the_engines_exit_status_is_the_commands(auricle: Command, docker: FakeDocker) -> None:
    docker.answers("status of up", "17")
    assert auricle("stack", "up").status == 17
    docker.answers("status of logs", "3")
    assert auricle("stack", "logs", "--follow", "server").status == 3
    assert words_after_options(docker.asked()[-1]) == ["logs", "--follow", "server"]


@pytest.mark.usefixtures("env_file")
def test_rebuilding_uses_nothing_old_and_keeps_the_data(auricle: Command, docker: FakeDocker) -> None:
    assert auricle("stack", "rebuild").status == 0
    assert [words_after_options(asked) for asked in docker.asked()] == [
        ["build", "--no-cache"],
        ["up", "--detach"],
    ]


@pytest.mark.usefixtures("env_file")
def test_a_shell_opens_in_the_container_that_is_named(auricle: Command, docker: FakeDocker) -> None:
    auricle("stack", "shell", "postgres")
    assert words_after_options(docker.asked()[0])[:2] == ["exec", "-T"]
    assert "postgres" in docker.asked()[0]


def test_passwords_are_made_where_there_are_none(auricle: Command, here: Path, docker: FakeDocker) -> None:
    refused = auricle("stack", "up")
    assert (refused.status, "give --yes" in refused.stderr) == (2, True)
    assert files_below(here) == []
    ended = auricle("stack", "up", "--yes")
    example, ours = dotenv_values(DEPLOY / EXAMPLE), dotenv_values(here / ".env")
    assert example.keys() == ours.keys()
    secret = [name for name in example if example[name] != ours[name]]
    assert secret
    assert all(name in ended.stdout for name in secret)
    assert all(len(ours[name] or "") >= 32 for name in secret)
    assert (here / ".env").stat().st_mode & 0o077 == 0
    assert "Nobody can be asked" not in ended.stderr


def test_no_passwords_are_made_for_a_stack_that_has_data(
    auricle: Command, here: Path, docker: FakeDocker
) -> None:
    docker.answers("volumes", VOLUMES)
    ended = auricle("stack", "up", "--yes")
    assert (ended.status, docker.asked(), files_below(here)) == (1, [], [])
    assert "there is already a stack with data (the volumes auricle_data, auricle_database)" in ended.stderr
    assert "give --env-file, or put its file back" in ended.stderr


@pytest.mark.parametrize("command", ["build", "down", "logs", "backup FILE", "clean --yes"])
def test_a_missing_file_of_passwords_is_named_with_the_cure(
    auricle: Command, docker: FakeDocker, command: str
) -> None:
    ended = auricle("stack", *command.split(), "--env-file", "other.env")
    assert ended.status == 1
    assert "There is no file other.env" in ended.stderr
    assert "put the one back that the stack was started with" in ended.stderr
    assert f"copy {DEPLOY / EXAMPLE} to it" in ended.stderr
    assert docker.asked() == []


def test_the_examples_password_is_refused(auricle: Command, env_file: Path, docker: FakeDocker) -> None:
    env_file.write_text((DEPLOY / EXAMPLE).read_text())
    ended = auricle("stack", "up")
    assert ended.status == 2
    assert "POSTGRES_PASSWORD in .env is still the example's" in ended.stderr
    assert docker.asked() == []
    set_variable(env_file, "POSTGRES_PASSWORD", "mine")
    # What nothing uses may stay.
    assert auricle("stack", "logs").status == 0
    assert "GRAFANA_PASSWORD" in auricle("stack", "up", "--profile", "observability").stderr


def test_a_port_in_use_is_named_with_its_setting(
    auricle: Command, env_file: Path, docker: FakeDocker
) -> None:
    port = next(one for one in ports(Stack(env_file)) if one.service == "server")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        set_variable(env_file, port.variable, number)
        ended = auricle("stack", "up")
        assert (ended.status, docker.asked()) == (1, [])
        assert f"Port {number}, at which server is to be reached, is used" in ended.stderr
        assert f"set {port.variable} in .env" in ended.stderr
        # The stack's own containers may hold it.
        docker.answers("running", "0123abcd")
        assert auricle("stack", "up").status == 0


def test_a_number_that_is_no_port_is_named_with_its_setting(
    auricle: Command, env_file: Path, docker: FakeDocker
) -> None:
    set_variable(env_file, "AURICLE_PORT", 80_000)
    ended = auricle("stack", "up", "--env-file", env_file.rename("stack.env").name)
    assert (ended.status, docker.asked()) == (2, [])
    assert "AURICLE_PORT is 80000, which is no port: set one of at most 65535 in stack.env" in ended.stderr


def test_a_file_of_passwords_that_is_not_text_is_named(
    auricle: Command, here: Path, docker: FakeDocker
) -> None:
    (here / "latin.env").write_bytes(b"POSTGRES_PASSWORD=caf\xe9\n")
    ended = auricle("stack", "up", "--env-file", "latin.env")
    assert (ended.status, docker.asked()) == (2, [])
    assert "latin.env is not text in UTF-8" in ended.stderr


@pytest.mark.parametrize("password", ["a@b:c/d#e", "fifty%41"])
def test_a_password_that_does_not_fit_into_the_databases_address_is_refused_unseen(
    auricle: Command, env_file: Path, docker: FakeDocker, password: str
) -> None:
    set_variable(env_file, "POSTGRES_PASSWORD", password)
    ended = auricle("stack", "up")
    assert (ended.status, docker.asked(), password in ended.stderr) == (2, [], False)
    assert "POSTGRES_PASSWORD in .env has characters that mean something else" in ended.stderr
    set_variable(env_file, "AURICLE_DATABASE_URL", "postgresql://auricle:a%40b@postgres/auricle")
    assert auricle("stack", "up").status == 0


@pytest.mark.usefixtures("env_file")
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Cannot connect to the Docker daemon. Is it running?", "`systemctl start docker`"),
        ("permission denied while trying to connect", "member of the group docker"),
    ],
)
def test_an_engine_that_does_not_answer_is_told_with_what_it_said(
    auricle: Command, docker: FakeDocker, said: str, words: str
) -> None:
    docker.answers("silent", said)
    ended = auricle("stack", "up")
    assert (ended.status, docker.asked()) == (1, [])
    assert said.rstrip(".") in ended.stderr
    assert words in ended.stderr


@pytest.mark.usefixtures("env_file")
def test_without_an_engine_or_its_compose_the_cure_is_told(
    auricle: Command, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    docker.answers("no compose")
    assert "docker has no compose command here: install" in auricle("stack", "up").stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no container engine here: install Docker" in auricle("stack", "up").stderr


@pytest.mark.usefixtures("env_file")
def test_where_another_engine_is_asked_instead_the_silent_one_is_told_as_well(
    auricle: Command, docker: FakeDocker
) -> None:
    docker.answers("silent", "Cannot connect to the Docker daemon.")
    add_podman(docker)
    ended = auricle("stack", "up")
    assert (ended.status, docker.asked()) == (1, [])
    assert "podman has no compose command here: install podman-compose." in ended.stderr
    assert "The engine of docker does not answer (Cannot connect to the Docker daemon): start" in ended.stderr


@pytest.mark.usefixtures("env_file")
def test_the_start_that_builds_needs_the_room_for_building(
    auricle: Command, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3_000_000_000))
    refused = auricle("stack", "up")
    assert (refused.status, docker.asked()) == (1, [])
    assert "Only 3.0 GB are free" in refused.stderr
    assert "building needs 5 GB" in refused.stderr
    docker.answers("images", "auricle:cpu")
    assert auricle("stack", "up").status == 0


@pytest.mark.usefixtures("env_file")
@pytest.mark.parametrize("command", [("clean",), ("down", "--volumes")])
def test_nothing_is_deleted_unasked(auricle: Command, docker: FakeDocker, command: tuple[str, ...]) -> None:
    docker.answers("volumes", VOLUMES)
    refused = auricle("stack", *command)
    assert (refused.status, docker.asked()) == (2, [])
    assert "volumes auricle_data, auricle_database with everything in them" in refused.stderr
    assert auricle("stack", *command, "--yes").status == 0
    assert "--volumes" in docker.asked()[0]
    assert "ollama" in docker.asked()[0]


@pytest.mark.usefixtures("env_file")
@pytest.mark.parametrize(("typed", "status", "commands"), [("n\n", 1, 0), ("y\n", 0, 1)])
def test_at_a_terminal_a_question_is_answered(
    docker: FakeDocker, typed: str, status: int, commands: int
) -> None:
    docker.answers("volumes", VOLUMES)
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "auricle", "stack", "down", "--volumes"]
    with subprocess.Popen(command, stdin=end, stderr=subprocess.PIPE, text=True) as process:
        os.write(terminal, typed.encode())
        _, shown = process.communicate(timeout=60)
    os.close(terminal)
    os.close(end)
    assert "auricle_database" in shown
    assert (process.returncode, len(docker.asked())) == (status, commands)


@pytest.mark.usefixtures("env_file")
def test_cleaning_removes_auricles_images_and_no_others(auricle: Command, docker: FakeDocker) -> None:
    docker.answers("images", "auricle:cpu postgres:15")
    assert auricle("stack", "clean", "--yes").status == 0
    assert docker.asked()[-1] == ["image", "rm", "auricle:cpu"]


@pytest.mark.usefixtures("env_file")
def test_a_backup_goes_out_of_the_containers_and_back(
    auricle: Command, docker: FakeDocker, here: Path, data_dir: Path
) -> None:
    docker.answers("running", "0123abcd")
    auricle("users", "add", "anna")
    assert auricle("stack", "backup", "monday.tar").status == 0
    assert words_after_options(docker.asked()[-1])[:3] == ["exec", "-T", "server"]
    assert tarfile.is_tarfile(here / "monday.tar")
    assert "exists: choose another name" in auricle("stack", "backup", "monday.tar").stderr
    auricle("users", "add", "berta")
    refused = auricle("stack", "restore", "monday.tar")
    assert (refused.status, "are replaced by those of monday.tar" in refused.stderr) == (2, True)
    before = len(docker.asked())
    assert auricle("stack", "restore", "monday.tar", "--yes").status == 0
    stopped, _, _, started = map(words_after_options, docker.asked()[before:])
    assert stopped == ["stop", *own_services(Stack(here / ".env"))]
    assert started == ["up", "--detach"]
    users = auricle("users", "list").stdout
    assert ("anna" in users, "berta" in users) == (True, False)
    assert not [name for name in files_below(data_dir) if "stack-backup" in name]


@pytest.mark.usefixtures("env_file")
def test_two_backups_at_once_have_each_a_file_of_its_own(auricle: Command, docker: FakeDocker) -> None:
    docker.answers("running", "0123abcd")
    auricle("users", "add", "anna")
    for name in ("monday.tar", "tuesday.tar"):
        assert auricle("stack", "backup", name).status == 0
    monday, tuesday = (set(re.findall(r"\.stack-backup-\w+\.tar", asked[-1])) for asked in docker.asked())
    assert (len(monday), len(tuesday), monday & tuesday) == (1, 1, set())


@pytest.mark.usefixtures("env_file")
def test_a_backup_that_fails_leaves_no_file(auricle: Command, docker: FakeDocker, here: Path) -> None:
    docker.answers("broken", "no space left on device")
    ended = auricle("stack", "backup", "monday.tar")
    assert (ended.status, "There is no backup" in ended.stderr) == (1, True)
    assert files_below(here) == [".env"]


@pytest.mark.usefixtures("env_file")
def test_a_backup_without_files_that_are_lost_is_kept_and_says_so(
    auricle: Command, docker: FakeDocker, here: Path, data_dir: Path
) -> None:
    docker.answers("running", "0123abcd")
    auricle("users", "add", "anna")
    database = open_database(f"sqlite:///{data_dir / 'auricle.db'}")
    with database.write() as session:
        lost = {"title": "Lost", "filename": "a.wav", "media_type": "audio/wav", "size": 1, "blob": "lost"}
        session.add(Recording(id="lost", owner_id=LOCAL_USER, **lost))
    database.close()
    ended = auricle("stack", "backup", "monday.tar")
    assert (ended.status, 'Missing of lost "Lost"' in ended.stderr) == (3, True)
    assert "There is no backup" not in ended.stderr
    assert tarfile.is_tarfile(here / "monday.tar")
    assert auricle("stack", "restore", "monday.tar", "--yes").status == 0


@pytest.mark.usefixtures("env_file")
def test_a_damaged_backup_is_refused_before_anything_stops(
    auricle: Command, docker: FakeDocker, here: Path
) -> None:
    (here / "monday.tar").write_bytes(b"not a backup" * 100)
    ended = auricle("stack", "restore", "monday.tar", "--yes")
    assert (ended.status, "is no backup of Auricle" in ended.stderr) == (1, True)
    assert docker.asked() == []


@pytest.mark.usefixtures("env_file")
def test_after_a_restore_that_failed_the_stack_runs_as_before(auricle: Command, docker: FakeDocker) -> None:
    auricle("users", "add", "anna")
    assert auricle("stack", "backup", "monday.tar").status == 0
    docker.answers("broken", "the container was killed")
    ended = auricle("stack", "restore", "monday.tar", "--yes")
    assert (ended.status, "the stack is as it was" in ended.stderr) == (1, True)
    assert words_after_options(docker.asked()[-1]) == ["up", "--detach"]
    assert "anna" in auricle("users", "list").stdout


@pytest.mark.usefixtures("env_file")
@pytest.mark.parametrize(
    ("answers", "status", "said", "users"),
    [
        ({"status of up": "0 17"}, 17, "The backup is restored, but the stack did not start again", 1),
        ({"status of stop": "5"}, 5, "Nothing was restored, since server and workers did not stop", 2),
        ({"status of up": "17"}, 17, "Nothing was restored (status 17), but the stack did not start", 2),
    ],
)
def test_a_restore_that_did_not_end_well_says_how_far_it_came(
    auricle: Command, docker: FakeDocker, answers: dict[str, str], status: int, said: str, users: int
) -> None:
    docker.answers("running", "0123abcd")
    auricle("users", "add", "anna")
    assert auricle("stack", "backup", "monday.tar").status == 0
    auricle("users", "add", "berta")
    for name, text in answers.items():
        docker.answers(name, text)
    ended = auricle("stack", "restore", "monday.tar", "--yes")
    assert (ended.status, said in ended.stderr) == (status, True)
    assert ("the stack is as it was" in ended.stderr) == ("status of stop" in answers)
    listed = auricle("users", "list").stdout
    assert [name in listed for name in ("anna", "berta")].count(True) == users

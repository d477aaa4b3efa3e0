"""The pages of the documentation, and the commands in them.

A block is run by a test unless it needs what no test has: a program such as docker, which `NEEDS` knows, or
what the page itself says in a comment before the block, `<!-- not run: it needs a GPU -->`.
"""

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))

#: Why commands that begin like this are only read, by what they begin with.
NEEDS = {
    "a container engine": ("docker", "podman", "auricle stack"),
    "a cluster": ("kubectl", "helm", "k3s"),
    "to change this machine": (
        *("apt-get", "apt", "systemctl", "sudo", "adduser", "useradd", "install", "pip", "pip3", "certbot"),
        *("ufw", "mount", "nvidia-ctk", "journalctl", "dpkg", "chown", "ssh", "scp", "rsync"),
    ),
    "a GPU": ("nvidia-smi", "nvcc"),
    "the whole repository to be built": ("make", "git", "npm", "python benchmarks"),
    "a network to make a bundle with, or one that was made": ("auricle bundle",),
    "somebody who stops it": ("auricle serve", "auricle worker", ".venv/bin/auricle serve"),
}
#: Why a block is not run with the others of its page, but by itself, and stopped.
ENDLESS = "it needs somebody who stops it"
#: What ends by itself all the same.
_ENDS = "--exit-when-idle"
_MARK = re.compile(r"<!--\s*not run: (.+?)\s*-->", re.DOTALL)
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_OPERATOR = re.compile(r"[;|&()<>\n]+")
_WITHIN = re.compile(r"\$\(([^()]*)\)")
_ASSIGNMENT = re.compile(r"\w+=")
#: What may stand before the command that is meant.
_WRAPPERS = {"exec", "env", "time", "nohup", "sudo", "then", "do", "if", "while", "!", "{"}
SHELL = ("sh", "bash")


@dataclass(frozen=True)
class Block:
    """A block of code on a page; `reason` says why it is not run, where it is not."""

    page: Path
    line: int
    language: str
    text: str
    reason: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, as `docs/cli.md:3`."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Every block of code, in order."""
    mark = None
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            mark = _MARK.search(token.content)
        elif token.type == "fence":
            line = token.map[0] + 1 if token.map else 0
            reason = mark[1] if mark else None
            if token.info in SHELL:
                reason = reason or needs(token.content)
            yield Block(page, line, token.info, token.content, reason)
            mark = None


def code_of(page: Path) -> Iterator[tuple[int, str]]:
    """Code within sentences and tables, with its line."""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", line):
            yield number, code.replace("\\|", "|")


def needs(text: str) -> str | None:
    """What a block needs that tests do not have, if anything."""
    for command in commands_in(text):
        words = " ".join(command)
        for what, beginnings in NEEDS.items():
            if (
                any(re.match(rf"{re.escape(one)}(?![\w-])", words) for one in beginnings)
                and _ENDS not in words
            ):
                return f"it needs {what}"
        if re.fullmatch(r"jq|nginx|caddy|ffmpeg|openssl|curl", command[0]) and not shutil.which(command[0]):
            return f"{command[0]} is not installed"
    return None


def commands_in(text: str) -> Iterator[list[str]]:
    """The simple commands of a shell script, without assignments, redirections' operators and comments."""
    lexer = shlex.shlex(
        _COMMENT.sub("", text).replace("\\\n", " "), posix=True, punctuation_chars=";|&()<>\n"
    )
    lexer.whitespace, lexer.commenters, lexer.whitespace_split = " \t\r", "", True
    command: list[str] = []
    for word in [*lexer, "\n"]:
        if _OPERATOR.fullmatch(word):
            yield from [command] if command else []
            command = []
        elif command or not _ASSIGNMENT.match(word):
            command.append(word)
        for within in _WITHIN.findall(word):
            yield from commands_in(within)


def calls_of_auricle(text: str) -> Iterator[Sequence[str]]:
    """What follows `auricle` wherever a command calls it, also in a container or after `exec`."""
    for command in commands_in(text):
        for place, word in enumerate(command[:-1]):
            before = command[:place]
            inside = (
                before[:1] and before[0] in ("docker", "podman", "kubectl") and {"exec", "run"} & {*before}
            )
            may_be = set(before) <= _WRAPPERS or (inside and before[-1] not in ("-t", "--name", "-n"))
            if may_be and word.rpartition("/")[2] == "auricle":
                yield command[place + 1 :]
                break


def complaint(program: Any, words: Sequence[str]) -> str | None:
    """What is wrong with these words after `auricle`, if anything; capitals stand for anybody's own."""
    command, rest, path = program, list(words), "auricle"
    while rest and getattr(command, "commands", None) and not rest[0].startswith("-"):
        if rest[0] in ("...", "COMMAND") or rest[0].isupper():
            return None
        below = command.commands.get(rest[0])
        if below is None:
            return f"{path} has no command {rest[0]}"
        command, path = below, f"{path} {rest.pop(0)}"
    known = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    known |= {"-h", "--help"}
    for word in rest:
        if word == "--":
            return None
        flag = word.partition("=")[0]
        if re.match(r"--?[a-zA-Z]", flag) and flag not in known:
            return f"{path} has no option {flag}"
    return None

"""What people look up when something fails: every code, and the sentences as the program says them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.server.problems import STATUS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "auricle").rglob("*.py"))
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SYMPTOMS, CODES = TEXT.split("\n## Codes\n")
#: First cells that are a sentence of the program: they begin with code, of which `…` stands for anything.
QUOTED = re.findall(r"^\| `([^`]+)`", SYMPTOMS, re.MULTILINE)


def codes() -> Iterator[str]:
    """Every code that a class or an answer has."""
    yield from STATUS
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        yield from re.findall(r'^    code = "(\w+)"$', text, re.MULTILINE)
        yield from re.findall(r'"([a-z_]+)", (?:retryable|errors)=', text)


def sentences() -> Iterator[str]:
    """Every text in the sources, with `…` where something is put in."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("code", sorted(set(codes())))
def test_every_code_is_explained_with_its_status(code: str) -> None:
    rows = re.findall(rf"^\| `{code}` \| (\d*) ?\|", CODES, re.MULTILINE)
    assert len(rows) == 1, f"docs/troubleshooting.md: {code}"
    assert rows[0] in ("", "500") or int(rows[0]) == STATUS.get(code, int(rows[0]))


def test_no_code_is_explained_that_there_is_not() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", CODES, re.MULTILINE)) == set(codes())


@pytest.mark.parametrize("quoted", QUOTED)
def test_the_program_says_what_the_page_quotes(quoted: str) -> None:
    said = [" ".join(text.split()) for text in sentences()]
    assert any(quoted.strip("… ") in text for text in said), quoted

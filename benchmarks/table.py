"""Tables of results: on the terminal, and in their places in benchmarks/README.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading each; `name` is the marker of its place in the README."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        """Markdown with columns that line up."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        rule = ["-" * width for width in widths]
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in (self.head, rule, *self.rows)
        )


def keep(name: str, text: str) -> None:
    """Put `text` between the README's comments `<!-- name -->` and `<!-- /name -->`."""
    old = README.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    new, found = place.subn(lambda match: f"{match[1]}{text}\n{match[2]}", old)
    assert found == 1, f"benchmarks/README.md has no place for {name}"
    README.write_text(new, encoding="utf-8")

"""What MkDocs is told while it builds the site: pages that are made of something else, diagrams, links.

The pages in docs/ are read on their own too, beside the sources: links lead to files of the repository, and
diagrams are pictures. On the site both become parts of it.
"""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.main import get_command

from auricle.cli import app

ROOT = Path(__file__).resolve().parent.parent
#: Files of the repository that are pages of the site.
ELSEWHERE = {
    "README.md": "index.md",
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
}
#: Characters in a line of help: what fits beside the site's two columns.
_WIDTH = 80
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)\s#]+)(#[^)]*)?\)")
_DIAGRAM = re.compile(r'<p><img alt="([^"]*)" src="([^"]*diagram-[\w-]+\.svg)"\s*/?></p>')
#: How a terminal is told to write in bold.
_BOLD = re.compile(r"\x1b\[\d*m")
_CODE_IN_ROW = re.compile(r"`[^`\n]+`")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what does not lie in docs/."""
    for source, name in ELSEWHERE.items():
        if name != "index.md":
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, name, content=moved(text, source)))
    files.append(File.generated(config, "commands.md", content=commands_page()))
    files.append(File.generated(config, "images/icon.png", abs_src_path=str(ROOT / "ui/public/icon-192.png")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links that leave docs/ into links within the site; what has no page there is a name only."""
    if page.file.generated_by is None:
        markdown = moved(markdown, f"docs/{page.file.src_uri}")
    return "\n".join(map(_row, markdown.split("\n")))


def on_page_content(html: str, config: MkDocsConfig, **_: object) -> str:
    """Put diagrams into the page itself, so that they have its colours and type."""
    return _DIAGRAM.sub(lambda found: _diagram(found[1], Path(config.docs_dir) / found[2]), html)


def moved(text: str, source: str) -> str:
    """The Markdown of a file of the repository, with its links as they are on the site."""
    folder = (ROOT / source).parent

    def link(found: re.Match[str]) -> str:
        label, target, anchor = found[1], (folder / found[2]).resolve(), found[3] or ""
        if not target.is_relative_to(ROOT):
            return label
        name = target.relative_to(ROOT).as_posix()
        if name in ELSEWHERE:
            return f"[{label}]({ELSEWHERE[name]}{anchor})"
        return f"[{label}]({name.removeprefix('docs/')}{anchor})" if name.startswith("docs/") else label

    return _outside_of_blocks(text, lambda part: _LINK.sub(link, part))


def commands_page() -> str:
    """Every command with its help, from the program itself."""
    lines = [
        "# Every command\n\nWhat `auricle COMMAND --help` says, of this version. What the commands are for,"
        " with examples, is on [the command line](cli.md).\n"
    ]

    def write(command: Any, context: Any) -> None:
        said = _BOLD.sub("", command.get_help(context)).strip()
        lines.append(f"## `{context.command_path}`\n\n```text\n{said}\n```\n")
        for name, below in getattr(command, "commands", {}).items():
            write(below, typer.Context(below, info_name=name, parent=context))

    program = get_command(app)
    write(program, typer.Context(program, info_name="auricle", terminal_width=_WIDTH))
    return "\n".join(lines)


def _outside_of_blocks(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else change(part) for part in parts)


def _row(line: str) -> str:
    # Python-Markdown knows that a pipe in code ends no cell, and would show the backslash.
    if not line.startswith("|"):
        return line
    return _CODE_IN_ROW.sub(lambda code: code[0].replace("\\|", "|"), line)


def _diagram(caption: str, file: Path) -> str:
    drawing = file.read_text(encoding="utf-8")
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{caption}" ', 1)
    drawing += f"<figcaption>{unescape(caption)}</figcaption>"
    return f'<figure class="diagram" tabindex="0">{drawing}</figure>'

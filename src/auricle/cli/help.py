"""What `--help` looks like: plain text in groups, readable at any width and in a pipe."""

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

#: Wider lines are hard to read, however wide the terminal is.
WIDTH = 100

_NAMES_WIDTH = 26


class Command(TyperCommand):
    """A command with its options in groups (their `rich_help_panel`), in the order they are declared."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What follows the command's name in the usage line."""
        return ["[OPTIONS]", *(_names(param) for param in self.get_params(ctx) if not _is_option(param))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write every group of arguments and options."""
        _write_groups(self.get_params(ctx), formatter)


class Group(TyperGroup):
    """A command of commands: what it has comes before its options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _write_groups(self.get_params(ctx), formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with its first sentence."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, found.get_short_help_str(WIDTH)) for name, found in commands.items() if found]
        _write(formatter, "Commands", rows)


def _write_groups(params: Iterable[Any], formatter: Any) -> None:
    groups: dict[str, list[tuple[str, str]]] = {}
    for param in params:
        if not param.hidden:
            panel = param.rich_help_panel or ("Options" if _is_option(param) else "Arguments")
            groups.setdefault(panel, []).append((_names(param), param.help or ""))
    fitting = [len(name) for rows in groups.values() for name, _ in rows if len(name) <= _NAMES_WIDTH]
    # What every command has, such as --help, is looked for last.
    for title in sorted(groups, key=lambda title: title == "Options"):
        _write(
            formatter, title, [(name.ljust(max(fitting, default=0)), text) for name, text in groups[title]]
        )


def _write(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    with formatter.section(typer.style(title, bold=True)):
        formatter.write_dl(rows, col_max=_NAMES_WIDTH)


def _names(param: Any) -> str:
    """How a parameter is written: `FILE...`, `-o, --output DIR`, or `--[no-]vad`."""
    if not _is_option(param):
        name = str(param.metavar or param.name.upper())
        return name if param.required else f"[{name}]"
    short = [name for name in param.opts if not name.startswith("--")]
    long = [name for name in param.opts if name.startswith("--")]
    if param.secondary_opts:
        long = [f"--[no-]{name.removeprefix('--')}" for name in long]
    spelled = ", ".join([*short, *long]) if short else f"    {', '.join(long)}"
    return spelled if param.is_flag else f"{spelled} {param.metavar or 'VALUE'}"


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")

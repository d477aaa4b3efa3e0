"""docs/engines.md says of every engine what its capabilities say."""

from dataclasses import fields
from pathlib import Path

from auricle.engines import Capabilities, SpeechOptions
from auricle.engines.options import PIPELINE_OPTIONS
from auricle.engines.registry import CAPABILITIES

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"


def abilities(can: Capabilities) -> dict[str, str]:
    return {
        "languages": "English" if can.languages == {"en"} else str(len(can.languages)),
        "detects the language": _mark(can.language_detection),
        "translates to English": _mark(can.translate),
        "times of words": _mark(can.word_times),
        "prompt": _mark(can.prompt),
        "hotwords": _mark(can.hotwords),
        "fit for live speech": _mark(can.streaming),
        "windows side by side": _mark(can.batch),
        "longest window": "any" if can.window is None else f"{can.window:g} s",
    }


def ability_table() -> str:
    columns = {name: abilities(can) for name, can in CAPABILITIES.items()}
    rows = [
        [ability, *(column[ability] for column in columns.values())]
        for ability in abilities(Capabilities(frozenset(), frozenset()))
    ]
    return _table(["", *columns], rows)


def option_table() -> str:
    names = [field.name for field in fields(SpeechOptions)]
    asked = [name for name in names if name not in PIPELINE_OPTIONS | {"language", "task"}]
    rows = [[f"`{name}`", *(_mark(name in can.options) for can in CAPABILITIES.values())] for name in asked]
    return _table(["option", *CAPABILITIES], rows)


def _mark(able: bool) -> str:
    return "yes" if able else "–"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def test_the_page_says_what_each_engine_can():
    assert ability_table() in PAGE.read_text()


def test_the_page_says_which_options_each_engine_honours():
    assert option_table() in PAGE.read_text()

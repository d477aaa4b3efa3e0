"""Every field of SpeechOptions and VadOptions as a command line option, made from the fields themselves."""

import inspect
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

from auricle.audio.vad import VadOptions
from auricle.cli.completion import completing
from auricle.engines.options import SpeechOptions, meaning_of
from auricle.errors import InvalidOption

_COMMON = ("language", "task", "prompt", "hotwords", "word_times")
_VAD = "vad_"
_METAVARS = {bool: None, int: "N", float: "X", str: "TEXT"}


def parameters() -> list[inspect.Parameter]:
    """One keyword parameter a field, annotated for Typer; None stands for "not given"."""
    hints = get_type_hints(SpeechOptions)
    speech = [
        _parameter(
            field.name,
            hints[field.name],
            meaning_of(field),
            "Speech" if field.name in _COMMON else "Decoding",
        )
        for field in fields(SpeechOptions)
        if field.name != "vad_options"
    ]
    vad_hints = get_type_hints(VadOptions)
    vad = [
        _parameter(_VAD + field.name, vad_hints[field.name], _with_default(field), "Voice activity detection")
        for field in fields(VadOptions)
    ]
    return speech + vad


def speech_options(given: Mapping[str, Any], **defaults: Any) -> SpeechOptions:
    """The options from parameters of these names; `defaults` (from settings) fill what was not given."""
    names = {field.name for field in fields(SpeechOptions)}
    hints = get_type_hints(SpeechOptions)
    chosen = {
        name: _parsed(name, hints[name], value)
        for name, value in given.items()
        if name in names and value is not None
    }
    vad = {
        name.removeprefix(_VAD): value
        for name, value in given.items()
        if name.startswith(_VAD) and value is not None
    }
    if vad and chosen.get("vad") is False:
        raise InvalidOption("The voice activity detector is off (--no-vad), so its options have no effect.")
    return SpeechOptions(**{**defaults, **chosen}, vad_options=VadOptions(**vad))


def _parameter(name: str, hint: Any, meaning: str, panel: str) -> inspect.Parameter:
    kind, is_list = _plain(hint)
    flag = "--" + name.replace("_", "-")
    names = (f"{flag}/--no-{flag[2:]}",) if kind is bool else (flag,)
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    option = typer.Option(
        *names,
        help=meaning,
        rich_help_panel=panel,
        metavar="|".join(choices) or ("N,N,..." if is_list else _METAVARS[kind]),
        autocompletion=completing(choices) if choices else None,
    )
    annotation: Any = Annotated[(str if is_list or choices else kind) | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _plain(hint: Any) -> tuple[Any, bool]:
    """The type inside an optional hint, and whether it is a list of numbers."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    return hint, get_origin(hint) is tuple


def _parsed(name: str, hint: Any, value: Any) -> Any:
    kind, is_list = _plain(hint)
    if not is_list:
        return value
    number = get_args(kind)[0]
    try:
        return tuple(number(part) for part in value.split(","))
    except ValueError:
        raise InvalidOption(
            f"{name} is {value!r}, but has to be numbers with commas between them, for example 0,0.4,0.8."
        ) from None


def _with_default(field: Field[Any]) -> str:
    plain = field.default is None or field.default is MISSING
    return meaning_of(field) if plain else f"{meaning_of(field)} Default: {field.default:g}."

"""How many words are wrong?"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import jiwer

import material
from table import Table

#: Kinds of real recordings, by the tags of their manifest; the last ones hold many seconds of silence.
REAL_GROUPS = {
    "read speech": {"librispeech"},
    "spoken commands": {"command"},
    "speech with long pauses": {"conversation", "endpointing"},
}
#: Not for a word error rate: files that only repeat one sentence, or have two people speak at once.
NOT_COMPARABLE = {"headerless", "2ch-speakers", "format", "overlap"}


def measure(quick: bool) -> Table:
    """Word error rates of Auricle and of the engine by itself on the same files.

    Whisper: the tiny model on synthetic speech it never saw. PocketSphinx: real recordings, as a whole file
    and cut by our voice activity detection; only where they are, and `quick` leaves them out.
    """
    rows = [_whisper_row(*group) for group in _synthetic()]
    if material.REAL_SPEECH.exists() and not quick:
        rows += [_pocketsphinx_row(*group) for group in _real()]
    return Table("accuracy", ("speech", "engine", "words", "Auricle", "engine alone"), rows)


def _synthetic() -> Iterator[tuple[str, str, list[Path]]]:
    yield "sentences and word lists", "en", sorted(material.SPEECH.glob("en_*.flac"))
    yield "German sentences", "de", sorted(material.SPEECH.glob("de_*.flac"))
    yield "2 minutes, many voices, word lists", "en", [material.SPEECH / "long_en.flac"]
    yield "2 minutes, three voices", "en", [material.SPEECH / "meeting_en.flac"]
    yield "10 minutes, six voices", "en", [material.recording(10)]


def _whisper_row(name: str, language: str, files: Sequence[Path]) -> list[str]:
    truth = [material.truth(file) for file in files]
    ours, theirs = (
        material.contend(system, material.TINY, files, "--language", language, *options)
        for system, options in (("auricle", ["--recheck"]), ("faster-whisper", []))
    )
    return _row(name, "tiny Whisper", truth, ours, theirs)


def _real() -> Iterator[tuple[str, list[dict[str, str]]]]:
    entries = json.loads((material.REAL_SPEECH / "manifest.json").read_text(encoding="utf-8"))
    usable = [
        entry
        for entry in entries
        if entry["language"] == "en"
        and str(entry["text_quality"]).startswith("verbatim")
        and not NOT_COMPARABLE & set(entry["tags"])
    ]
    for name, tags in REAL_GROUPS.items():
        yield name, [entry for entry in usable if tags & set(entry["tags"])]


def _pocketsphinx_row(name: str, entries: Sequence[dict[str, str]]) -> list[str]:
    files = [material.REAL_SPEECH / entry["file"] for entry in entries]
    truth = [entry["text"] for entry in entries]
    ours, theirs = (material.contend(system, "pocketsphinx", files) for system in ("auricle", "pocketsphinx"))
    return _row(f"{name}, {len(files)} real recordings", "PocketSphinx", truth, ours, theirs)


def _row(
    name: str,
    engine: str,
    truth: Sequence[str],
    ours: Sequence[material.Result],
    theirs: Sequence[material.Result],
) -> list[str]:
    meant = [_words(text) for text in truth]
    rates = (
        f"{jiwer.wer(meant, [_words(result.text) for result in results]):.1%}" for results in (ours, theirs)
    )
    return [name, engine, str(sum(len(text.split()) for text in meant)), *rates]


def _words(text: str) -> str:
    """Lower case, apostrophes kept, other punctuation gone: what all references have in common."""
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())

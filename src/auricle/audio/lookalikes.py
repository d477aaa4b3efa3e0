"""What a file that is no readable recording seems to be, in a sentence for the person who sent it."""

import re
from pathlib import Path

_HEAD = 4096

_NOT_AUDIO = (
    (rb"\s*(<!doctype html|<html)", "a web page (HTML)"),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!doctype svg[^>]*>\s*)?<svg", "a drawing (SVG)"),
    (rb"\s*<\?xml", "an XML document"),
    (rb"%PDF-", "a PDF document"),
    (rb"PK\x03\x04", "a ZIP archive or an office document"),
    (rb"\x1f\x8b|BZh|7z\xbc\xaf\x27\x1c|Rar!|\xfd7zXZ\x00|\x28\xb5\x2f\xfd", "a compressed archive"),
    (rb"\s*#EXTM3U|\s*ffconcat version|\s*\[playlist\]", "a playlist, which only names other files"),
    (rb"v=0\r?\n", "a session description (SDP), which only names other files"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\x00{4}|RIFF.{4}WEBP", "a picture"),
    (rb"MThd", "a MIDI file, which holds notes and no sound"),
    (rb"\x7fELF|MZ", "a program"),
    (rb"SQLite format 3\x00", "a database"),
    (rb"(\xef\xbb\xbf)?WEBVTT|(\xef\xbb\xbf)?1\r?\n\d\d:\d\d:\d\d,\d{3} -->", "a file of subtitles"),
)

_CONTAINERS = (
    (rb"(RIFF|RF64|RIFX).{4}WAVE", "WAV"),
    (rb"RIFF.{4}AVI ", "AVI"),
    (rb"fLaC", "FLAC"),
    (rb"OggS", "Ogg"),
    (rb"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (rb".{4}(ftyp|moov|mdat|wide|free)", "MP4 or MOV"),
    (rb"ID3", "MP3"),
    (rb"#!AMR", "AMR"),
    (rb"FORM.{4}AIF[FC]", "AIFF"),
    (rb"caff", "CAF"),
    (rb"\x30\x26\xb2\x75", "WMA"),
    (rb"NIST_1A", "NIST SPHERE"),
    (rb"\.snd", "AU"),
)


def describe(path: Path, *, has_streams: bool = False) -> str:
    """Say why the file at `path` gives no audio; `has_streams`: it opens, and has other streams."""
    if has_streams:
        return "This file holds no audio: it has video or other streams only."
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "The file is empty (0 bytes)."
    if kind := _first_match(_NOT_AUDIO, head):
        return f"This file holds no audio: it is {kind}."
    if kind := _first_match(_CONTAINERS, head):
        return f"This looks like a {kind} file, but it is damaged or cut off."
    if _is_text(head):
        return "This file holds no audio: it is text."
    return (
        "This is no recording in a known format. Samples without a header (raw PCM) are not recognised:"
        " convert them to WAV, giving their rate and sample format."
    )


def _first_match(patterns: tuple[tuple[bytes, str], ...], head: bytes) -> str | None:
    return next((kind for pattern, kind in patterns if re.match(pattern, head, re.I | re.S)), None)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\r\n\t\f\ufeff" for character in text)

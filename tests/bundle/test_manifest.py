"""What a `bundle.json` may say."""

import json
from pathlib import Path
from typing import Any

import pytest

from auricle.bundle import DamagedBundle
from auricle.bundle.manifest import (
    MANIFEST,
    FileRecord,
    Image,
    Manifest,
    Model,
    Target,
    read_manifest,
    write_manifest,
)

FILES = {"models/own/model.bin": FileRecord(1, "0" * 64), "images/1.tar": FileRecord(1, "1" * 64)}
MANIFEST_OF_ONE = Manifest(
    "1.0",
    "2026",
    Target("cpu", "3.11", "x86_64"),
    FILES,
    (Model("own", "models/own"),),
    (Image("auricle:cpu", "sha256:1", "images/1.tar"),),
    left_out=("images/1.tar",),
)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(MANIFEST_OF_ONE, tmp_path)
    assert read_manifest(tmp_path) == MANIFEST_OF_ONE


@pytest.mark.parametrize(
    "change",
    [
        {"left_out": ["wheels/unknown.whl"]},
        {"left_out": 3},
        {"images": [{"name": "auricle:cpu", "id": "sha256:1", "file": "/etc/passwd"}]},
        {"models": [{"name": "own", "folder": ".."}]},
        {"models": [{"name": "own", "folder": "."}]},
    ],
)
def test_a_manifest_that_names_what_it_does_not_list_is_damaged(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    write_manifest(MANIFEST_OF_ONE, tmp_path)
    document = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps(document | change))
    with pytest.raises(DamagedBundle, match="is no manifest of a bundle, or is damaged"):
        read_manifest(tmp_path)

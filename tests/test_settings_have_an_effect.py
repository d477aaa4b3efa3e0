"""No setting is accepted and then ignored."""

import re
from pathlib import Path

from auricle.settings import Settings

SOURCE = Path(__file__).resolve().parents[1] / "src" / "auricle"


def test_every_setting_is_read_somewhere() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] != "settings"
    )
    unread = [name for name in Settings.model_fields if not re.search(rf"\.{name}\b", code)]
    assert unread == []

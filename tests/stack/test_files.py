"""What is read out of compose files."""

import pytest

from auricle.stack.files import expanded


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("auricle:cpu", "auricle:cpu"),
        ("$PORT:8000", "9000:8000"),
        ("${PORT}:8000", "9000:8000"),
        ("${PORT:-8000}", "9000"),
        ("${OTHER:-8000}", "8000"),
        ("${EMPTY:-8000}", "8000"),
        ("${EMPTY-8000}", ""),
        ("${OTHER-8000}", "8000"),
        ("${OTHER:-${PORT:-8000}}", "9000"),
        ("${BIND:-127.0.0.1}:${PORT:?set it}:8000", "127.0.0.1:9000:8000"),
        ("${PORT:+:${PORT}}", ":9000"),
        ("${OTHER:+x}", ""),
    ],
)
def test_variables_have_the_values_that_compose_gives_them(text: str, means: str) -> None:
    assert expanded(text, {"PORT": "9000", "EMPTY": ""}) == means

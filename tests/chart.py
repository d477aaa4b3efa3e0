"""Helm's own code, for tests: called in a process of its own, as it brings Go's threads and signals."""

from pathlib import Path
from typing import Any


class Refused(Exception):
    """What Helm says of a chart or of values."""


def render(chart: Path, values: dict[str, Any], name: str, namespace: str) -> dict[str, str]:
    """What the chart makes, by the path of its template."""
    import helm_python

    try:
        with helm_python.Chart.load(chart) as loaded:
            made: dict[str, str] = loaded.render(values=values, name=name, namespace=namespace)
            return made
    except helm_python.HelmError as error:
        raise Refused(str(error)) from None


def lint(chart: Path, values: dict[str, Any]) -> dict[str, Any]:
    """What `helm lint --strict` says."""
    import helm_python

    found: dict[str, Any] = helm_python.lint(chart, values=values, strict=True)
    return found

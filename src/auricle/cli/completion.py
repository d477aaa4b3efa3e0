"""What the shell offers to complete a value with."""

from collections.abc import Callable, Iterable


def completing(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Offers `names`, also for the last piece of a list with commas."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names if name.startswith(last)]

    return complete

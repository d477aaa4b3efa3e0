"""How long does Auricle take from a file to its segments, against others on the same file?"""

import statistics
from dataclasses import dataclass, replace
from pathlib import Path

import material
from table import Table

#: Gives 91 tokens per window, about what half a minute of talk has (see tools/random_whisper.py).
FIXED_TOKENS = ("--max-new-tokens", "180")


def measure(quick: bool) -> Table:
    """Auricle against faster-whisper's own batched pipeline and, where it is installed, openai-whisper.

    Runs take turns (A B, B A, ...), so that a machine that slows down slows down both. `quick` leaves the
    hour out, and counts one pair each.
    """
    tiny, small = material.TINY, material.small_model()
    theirs = "faster-whisper"
    short, long = material.recording(10), material.recording(60)
    no_words = (*FIXED_TOKENS, "--no-word-times")
    races = [
        Race("tiny", "10 min", short, tiny, theirs, tiny, pairs=3),
        Race("tiny, recheck", "10 min", short, tiny, theirs, tiny, pairs=3, ours=("--recheck",)),
        Race("small shape", "10 min", short, small, theirs, small, pairs=2, both=FIXED_TOKENS),
        Race("small shape, no word times", "10 min", short, small, theirs, small, pairs=1, both=no_words),
        Race("tiny", "60 min", long, tiny, theirs, tiny, pairs=3),
        Race("small shape", "60 min", long, small, theirs, small, pairs=1, both=FIXED_TOKENS),
    ]
    if (openai := material.openai_tiny()) is not None:
        meeting = material.SPEECH / "meeting_en.flac"
        races.insert(2, Race("tiny", "2 min", meeting, tiny, "openai-whisper", openai, pairs=3))
    if quick:
        races = [replace(race, pairs=1) for race in races if race.audio != long]
    head = ("model", "audio", "Auricle", "the other", "other system", "ratio", "pairs")
    return Table("speed", head, [race.row() for race in races])


@dataclass(frozen=True, slots=True)
class Race:
    """One comparison: `ours` are options for Auricle alone, `both` for both systems."""

    name: str
    length: str
    audio: Path
    model: Path
    other: str
    other_model: Path
    pairs: int
    ours: tuple[str, ...] = ()
    both: tuple[str, ...] = ()

    def row(self) -> list[str]:
        """Run it; the medians and the median ratio as text."""
        mine, theirs = [], []
        for number in range(self.pairs):
            for is_mine in (True, False) if number % 2 == 0 else (False, True):
                if is_mine:
                    mine.append(self._wall("auricle", self.model, *self.both, *self.ours))
                else:
                    theirs.append(self._wall(self.other, self.other_model, *self.both))
        ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
        seconds = (f"{statistics.median(times):.1f} s" for times in (mine, theirs))
        return [self.name, self.length, *seconds, self.other, f"{ratio:.2f}", str(self.pairs)]

    def _wall(self, system: str, model: Path, *options: str) -> float:
        return material.contend(system, model, [self.audio], *options)[0].wall

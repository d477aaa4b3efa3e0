"""Showing how a transcription gets on: a bar on a terminal, plain lines otherwise, always on stderr."""

import time
import unicodedata
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from auricle.pipeline import Progress as Step

#: Seconds between plain lines, so that a log stays readable.
_LINE_EVERY = 15.0
#: Kinds of characters that would break a line or drive the terminal: controls, halves of pairs, separators.
_UNSHOWN = {"Cc", "Cs", "Zl", "Zp"}
_NAME = Column(max_width=24, no_wrap=True, overflow="ellipsis")


class Display:
    """What a person sees while recordings are worked on."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._started = self._said = 0.0
        self._first: float | None = None

    def __enter__(self) -> "Display":
        if self.console.is_terminal and not self._quiet:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False, table_column=_NAME),
                BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=8)),
                TextColumn("{task.fields[state]}", markup=False, table_column=Column(no_wrap=True)),
                console=self.console,
                transient=True,
                expand=True,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, text: str) -> None:
        """A line for people, beside the bar."""
        self.console.print(Text(one_line(text)))

    def mention(self, text: str) -> None:
        """A line that can be missed: nobody sees it who wants it quiet."""
        if not self._quiet:
            self.say(text)

    def begin(self, name: str) -> None:
        """Work on what is called `name` starts."""
        self._name, self._first = name, None
        self._started = self._said = time.monotonic()
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(one_line(name), total=None, state="")

    def step(self, step: Step) -> None:
        """Show a report of the pipeline."""
        if self._first is None:
            self._first = step.done
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=step.total, completed=step.done, state=self._state(step))
        elif step.stage == "transcribe" and time.monotonic() - self._said > _LINE_EVERY:
            self._said = time.monotonic()
            share = f"{step.done / step.total:.0%}, " if step.total else ""
            self.mention(f"{self._name}: {share}{self._state(step)}")

    def download(self, file: str, done: int, total: int) -> None:
        """Show a report of a model's download."""
        if self._name != file:
            self.begin(file)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total, completed=done, state=f"{done / 1e6:.0f} MB")
        elif done >= total or time.monotonic() - self._said > _LINE_EVERY:
            self._said = time.monotonic()
            self.mention(f"{file}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    def _state(self, step: Step) -> str:
        if step.stage == "prepare":
            return f"reading, {clock(step.done)}"
        words = [f"{clock(step.done)} of {clock(step.total)}" if step.total else clock(step.done)]
        elapsed = time.monotonic() - self._started
        if step.done > (self._first or 0.0) and elapsed > 0.5:
            words.append(f"{(step.done - (self._first or 0.0)) / elapsed:.1f}× real time")
        if step.remaining is not None:
            words.append(f"{clock(step.remaining)} left")
        return ", ".join(words)


def clock(seconds: float) -> str:
    """Seconds as people write durations: 1:02:03 or 2:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def one_line(text: str) -> str:
    """Text with everything that would break the line, or drive the terminal, spelled out."""
    return "".join(
        one if unicodedata.category(one) not in _UNSHOWN else one.encode("unicode_escape").decode()
        for one in text
    )

"""Recording in a real browser, whose microphone hears a WAV file over and over."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from auricle.testing import silence, write_wav
from browser import DESK, PHONE, Complaints, arrives, axe, fill, overflow, press, shows
from live_server import LiveServer, live_server

DEVICE_RATE = 44_100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model) as running:
        yield running


@pytest.fixture
def spoken(tmp_path: Path, meeting: Path) -> Path:
    """What the microphone hears, at the rate of Chromium's made-up device."""
    resampler = av.AudioResampler("flt", "mono", DEVICE_RATE)
    with av.open(meeting) as file:
        blocks = [block for frame in file.decode(audio=0) for block in resampler.resample(frame)]
    sound = np.concatenate([block.to_ndarray()[0] for block in blocks])
    return write_wav(tmp_path / "spoken.wav", sound, rate=DEVICE_RATE)


@pytest.fixture
def recorder(server: LiveServer, new_page: Callable[..., Page], spoken: Path) -> Page:
    """The page for adding, in a browser with a microphone."""
    page = new_page(microphone=spoken)
    page.goto(f"{server.origin}/add")
    return page


def record(page: Page, until: str = "0:03") -> None:
    """Begin, and wait until the clock shows this."""
    press(page, "Record")
    expect(page.get_by_role("timer")).to_have_text(until)


def recordings(server: LiveServer) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{server.origin}/api/v1/recordings").json()["items"]
    return found


def test_what_is_spoken_into_the_microphone_becomes_a_transcript(
    server: LiveServer, recorder: Page, meeting: Path
) -> None:
    # Noise suppression takes the tones of the tests' made-up voice for noise.
    recorder.get_by_label("Reduce noise and echo").uncheck()
    record(recorder, "0:05")
    expect(recorder.get_by_role("meter", name="Sound level")).to_be_visible()
    press(recorder, "Stop")
    expect(recorder.get_by_label("Listen to it")).to_be_visible()
    fill(recorder, "Title of the recording", "A note to myself")
    press(recorder, "Transcribe")
    shows(recorder, "A note to myself is ready")
    one = next(one for one in recordings(server) if one["title"] == "A note to myself")
    heard = httpx.get(f"{server.origin}/api/v1/recordings/{one['id']}/transcript").json()["text"]
    said = json.loads(meeting.with_suffix(".json").read_text(encoding="utf-8"))["segments"][0]["text"]
    assert said.split()[0] in heard
    recorder.reload()
    shows(recorder, "Record here")
    expect(recorder.get_by_text("was not sent to the server")).to_have_count(0)


def test_a_page_that_is_closed_while_recording_loses_nothing(server: LiveServer, recorder: Page) -> None:
    record(recorder, "0:04")
    recorder.close()
    again = recorder.context.new_page()
    again.goto(f"{server.origin}/add")
    shows(again, "was not sent to the server")
    before = len(recordings(server))
    press(again, "Transcribe")
    expect(again.get_by_text("was not sent to the server")).to_have_count(0)
    shows(again, "is ready")
    assert len(recordings(server)) == before + 1
    duration = recordings(server)[0]["duration"]
    assert isinstance(duration, float)
    assert duration > 2


def test_recording_goes_on_while_other_pages_are_read(recorder: Page) -> None:
    record(recorder)
    recorder.get_by_role("link", name="Library", exact=True).click()
    arrives(recorder, "/")
    recorder.get_by_role("link", name="Add, recording", exact=True).click()
    expect(recorder.get_by_role("timer")).to_have_text("0:06")
    press(recorder, "Stop")
    expect(recorder.get_by_label("Listen to it")).to_be_visible()


def test_a_pause_does_not_count(recorder: Page) -> None:
    record(recorder, "0:02")
    press(recorder, "Pause")
    shows(recorder, "Paused")
    at_pause = recorder.get_by_role("timer").inner_text()
    recorder.wait_for_timeout(1500)
    expect(recorder.get_by_role("timer")).to_have_text(at_pause)
    press(recorder, "Go on")
    expect(recorder.get_by_role("timer")).to_have_text("0:04")


def test_discarding_asks_first_and_leaves_nothing(recorder: Page) -> None:
    record(recorder)
    press(recorder, "Stop")
    press(recorder, "Discard")
    recorder.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(recorder.get_by_label("Listen to it")).to_be_visible()
    press(recorder, "Discard")
    recorder.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(recorder.get_by_role("button", name="Record", exact=True)).to_be_visible()
    recorder.reload()
    shows(recorder, "Record here")
    expect(recorder.get_by_text("was not sent to the server")).to_have_count(0)


def test_silence_is_noticed_while_it_lasts(
    server: LiveServer, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = new_page(microphone=write_wav(tmp_path / "silence.wav", silence(3.0)))
    page.goto(f"{server.origin}/add")
    record(page)
    shows(page, "No sound is coming in.")


def test_a_refused_microphone_is_explained(
    server: LiveServer, new_page: Callable[..., Page], spoken: Path
) -> None:
    page = new_page(microphone=spoken, may_hear=False)
    page.goto(f"{server.origin}/add")
    press(page, "Record")
    shows(page, "Allow it for this page")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()


def test_no_microphone_is_explained(server: LiveServer, page: Page) -> None:
    page.goto(f"{server.origin}/add")
    press(page, "Record")
    shows(page, "No microphone was found.")


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("dark", [False, True])
def test_the_recorder_is_accessible(
    server: LiveServer,
    new_page: Callable[..., Page],
    spoken: Path,
    complaints: Complaints,
    size: tuple[int, int],
    dark: bool,
) -> None:
    page = new_page(size, dark=dark, microphone=spoken)
    page.goto(f"{server.origin}/add")
    record(page, "0:01")
    assert axe(page) == []
    assert overflow(page) == 0
    press(page, "Stop")
    expect(page.get_by_label("Listen to it")).to_be_visible()
    assert axe(page) == []
    assert overflow(page) == 0

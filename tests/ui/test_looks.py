"""That nothing is hidden, cut or out of its place: low and narrow windows, and colours people choose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from auricle.testing import silence, write_wav
from browser import PHONE, at_rest, drawn, overflow, shows
from live_server import LiveServer
from told import read, tell

#: A doubtful word in each of many passages.
LONG = [(name, "We said that the audio(?) comes first and the rest of it later. " * 4) for name in "AB" * 8]


@pytest.fixture
def make_page(new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Make a page where nothing moves, and dates are long."""
    return lambda *size, **options: new_page(*size, reduced_motion="reduce", locale="en-US", **options)


def box(one: Locator) -> dict[str, Any]:
    """Where an element is, in the window."""
    where: dict[str, Any] = one.evaluate("(one) => one.getBoundingClientRect().toJSON()")
    return where


def is_cut(one: Locator) -> bool:
    """Whether a part of its text is not shown."""
    cut: bool = one.evaluate("(one) => one.scrollWidth > one.clientWidth")
    return cut


# At 200 % on a small screen, a phone on its side, and one whose keyboard is open.
@pytest.mark.parametrize("size", [(720, 450), (844, 390), (390, 430), PHONE], ids=str)
def test_the_word_in_question_is_seen_in_every_window(
    server: LiveServer, make_page: Callable[..., Page], speech: Path, size: tuple[int, int]
) -> None:
    page = make_page(size)
    read(page, server, tell(server, speech / "sentence_en.flac", LONG))
    page.keyboard.press("r")
    for _ in range(4):
        asked = page.locator(".asked")
        expect(asked).to_be_visible()
        expect(page.get_by_label("Is this right?")).to_be_focused()
        at_rest(page)
        shown = """(one) => { const { x, y, width, height } = one.getBoundingClientRect();
          const at = (where) => document.elementFromPoint(x + width / 2, where);
          return y > 24 && [at(y + 1), at(y + height - 1)].every((there) => one.contains(there)); }"""
        assert asked.evaluate(shown), (size, box(asked))
        for _ in range(5):
            page.keyboard.press("Tab")
    assert overflow(page) == 0


@pytest.mark.parametrize("width", [720, 820, 900, 1024])
def test_filters_and_states_of_the_library_are_whole(
    server: LiveServer, make_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    sound = write_wav(tmp_path / "sound.wav", silence(1))
    server.upload(sound, title="Not yet", transcribe="false")
    page = make_page((width, 800))
    page.goto(server.origin)
    state = page.get_by_text("not transcribed").first
    expect(state).to_be_visible()
    at_rest(page)
    assert not is_cut(state)
    assert box(page.get_by_role("link", name="Trash"))["right"] <= width


def test_a_phones_rows_show_the_whole_date_and_begin_at_one_edge(
    server: LiveServer, make_page: Callable[..., Page], speech: Path, tmp_path: Path
) -> None:
    sound = write_wav(tmp_path / "sound.wav", silence(1))
    server.upload(sound, title="Without a length", transcribe="false")
    told = tell(server, speech / "sentence_en.flac", LONG)
    server.client.patch(f"/recordings/{told}", json={"title": "Told"}).raise_for_status()
    page = make_page(PHONE)
    page.goto(server.origin)
    shows(page, "Without a length")
    at_rest(page)
    row = page.get_by_role("listitem").filter(has_text="Told")
    assert not is_cut(row.locator("time"))
    row = page.get_by_role("listitem").filter(has_text="Without a length")
    assert box(row.get_by_text("not transcribed"))["left"] == box(row.get_by_role("link"))["left"]


@pytest.mark.parametrize("width", [390, 320])
def test_a_phones_player_is_whole_and_leaves_no_gap(
    server: LiveServer, make_page: Callable[..., Page], speech: Path, width: int
) -> None:
    page = make_page((width, 844))
    read(page, server, tell(server, speech / "sentence_en.flac", LONG))
    play, silence = (page.get_by_role("button", name=name, exact=True) for name in ("Play", "Skip silence"))
    expect(play).to_be_enabled()
    at_rest(page)
    assert box(play)["width"] == box(play)["height"]
    player = page.locator("a-transport")
    assert box(player)["bottom"] == box(page.locator("a-rail"))["top"]
    assert not is_cut(silence)
    assert box(silence)["height"] <= box(player)["height"]
    assert box(player.locator(".time"))["right"] <= width


def test_a_phones_menus_keep_off_its_edge(
    server: LiveServer, make_page: Callable[..., Page], speech: Path
) -> None:
    said = [("Anna", "We said that the audio comes"), ("Anna", "first, first, first. (!)")]
    page = make_page(PHONE)
    read(page, server, tell(server, speech / "sentence_en.flac", said))
    page.locator(".passage-doubt").click()
    at_rest(page)
    menu = box(page.get_by_role("menu"))
    assert menu["left"] >= 8
    assert menu["right"] <= PHONE[0] - 8


def test_where_nobody_is_named_the_time_stands_at_the_edge(
    server: LiveServer, make_page: Callable[..., Page], speech: Path
) -> None:
    page = make_page()
    read(page, server, tell(server, speech / "sentence_en.flac", [("", "Hello there.")]))
    time = page.get_by_role("button", name="Play from 0:00")
    assert abs(box(time)["left"] - box(page.locator("p.text"))["left"]) <= 4
    who = page.get_by_role("button", name="Who says this?")
    expect(who).to_have_css("opacity", "0")
    who.focus()
    expect(who).to_have_css("opacity", "1")


def test_chosen_colours_show_what_is_selected_and_where_the_sound_is(
    server: LiveServer, make_page: Callable[..., Page], speech: Path
) -> None:
    page = make_page(forced_colors="active")
    read(page, server, tell(server, speech / "sentence_en.flac", LONG))
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(3)
    assert len(set(colours(tabs, "borderBottomColor"))) == 2
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for one in (page.locator(".playhead"), page.locator(".share > div").first):
        assert colours(one, "backgroundColor") != [ground]
    page.get_by_role("link", name="Account").click()
    shows(page, "How long recordings stay")
    at_rest(page)
    places = page.locator("a-rail .place")
    assert len(set(colours(places, "color"))) == 2


def colours(some: Locator, what: str) -> list[str]:
    """A property of each element as it is drawn."""
    drawn: list[str] = some.evaluate_all("(all, what) => all.map((one) => getComputedStyle(one)[what])", what)
    return drawn


def test_who_reads_large_letters_has_a_large_transcript(
    server: LiveServer, make_page: Callable[..., Page], speech: Path
) -> None:
    page = make_page(PHONE)
    tools = page.context.new_cdp_session(page)
    tools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    read(page, server, tell(server, speech / "sentence_en.flac", LONG))
    expect(page.locator("p.text").first).to_have_css("font-size", "34px")
    assert overflow(page) == 0


@pytest.mark.parametrize(
    ("path", "shown"), [("/admin/queues", "hearing speech"), ("/admin/models", "tiny.en")]
)
def test_nothing_moves_when_what_is_asked_for_comes(
    server: LiveServer, make_page: Callable[..., Page], path: str, shown: str
) -> None:
    page = make_page()
    page.add_init_script("""window.moved = 0; new PerformanceObserver((seen) => {
      for (const one of seen.getEntries()) window.moved += one.value;
    }).observe({ type: "layout-shift", buffered: true });""")
    asked: list[Route] = []
    page.route("**/api/v1/admin/*", lambda route: asked.append(route))
    page.goto(server.origin + path)
    expect(page.get_by_text("Asking the server.").first).to_be_visible()
    at_rest(page)
    page.route("**/api/v1/admin/*", lambda route: route.continue_())
    for route in asked:
        route.continue_()
    shows(page, shown)
    at_rest(page)
    drawn(page)
    assert page.evaluate("window.moved") < 0.01


def test_who_speaks_and_when_stands_where_the_text_begins(
    server: LiveServer, make_page: Callable[..., Page], speech: Path
) -> None:
    page = make_page(PHONE)
    said = [("محمد", "نحتاج إلى كتابة الميزانية"), ("Anna", "Then let us begin.")]
    read(page, server, tell(server, speech / "sentence_en.flac", said))
    arabic, english = page.locator("a-paragraph").all()
    assert box(arabic.locator(".speaker"))["left"] > PHONE[0] / 2
    assert box(english.locator(".speaker"))["right"] < PHONE[0] / 2


def test_rows_stay_where_they_are_when_one_is_selected(
    server: LiveServer, make_page: Callable[..., Page], tmp_path: Path
) -> None:
    server.upload(write_wav(tmp_path / "sound.wav", silence(1)), title="One of them", transcribe="false")
    page = make_page((820, 800))
    page.goto(server.origin)
    tick = page.get_by_label("Select One of them", exact=True)
    expect(tick).to_be_visible()
    before = box(tick)["top"]
    tick.check()
    shows(page, "1 selected")
    assert box(tick)["top"] == before
    expect(page.get_by_role("link", name="Trash")).to_be_hidden()

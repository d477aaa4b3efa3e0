"""Reading and correcting a transcript in a real browser: nothing that somebody types is lost."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser import PHONE, Complaints, axe, fill, overflow, press, shows
from live_server import LiveServer, live_server
from served import Served
from told import edit, passage, read, saved, tell, texts_of, transcript_of
from visitors import MARKUP, PASSWORD, add, be, let_the_admin_in

TALK = [
    ("Anna", "We agreed to move the launch."),
    ("Anna", "The audit comes first."),
    ("Ben", "That should work."),
    ("Anna", "Then we launch in April."),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), tiny_model) as running:
        yield running


@pytest.fixture
def talk(server: LiveServer, speech: Path) -> str:
    """A conversation of four passages."""
    return tell(server, speech / "sentence_en.flac", TALK)


def write(page: Page, text: str, instead: str) -> None:
    """Double-click a passage and write something else in its place."""
    edit(page, text)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(instead)


def test_what_is_typed_is_saved_when_the_passage_is_left(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    write(page, "That should work.", "That will work.")
    passage(page, "The audit comes first.").click()
    saved(page)
    assert texts_of(server, talk)[2] == "That will work."
    page.reload()
    expect(passage(page, "That will work.")).to_be_visible()


def test_words_that_stay_keep_their_times(server: LiveServer, page: Page, talk: str) -> None:
    before = transcript_of(server, talk)["segments"][3]["words"]
    read(page, server, talk)
    write(page, "Then we launch in April.", "Then we start in April.")
    page.keyboard.press("Control+Enter")
    saved(page)
    after = transcript_of(server, talk)["segments"][3]["words"]
    assert [one["text"] for one in after] == ["Then", "we", "start", "in", "April."]
    assert [one["start"] for one in after] == [one["start"] for one in before]


def test_escape_gives_up_and_nothing_is_other(server: LiveServer, page: Page, talk: str) -> None:
    before = transcript_of(server, talk)
    read(page, server, talk)
    write(page, "That should work.", "Something else")
    page.keyboard.press("Escape")
    expect(passage(page, "That should work.")).to_be_focused()
    assert transcript_of(server, talk) == before


def test_enter_splits_backspace_joins_and_both_are_undone_exactly(
    server: LiveServer, page: Page, talk: str
) -> None:
    before = transcript_of(server, talk)
    read(page, server, talk)
    passage(page, "The audit comes first.").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    for _ in range(len("The audit ")):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_have_text("comes first.")
    expect(passage(page, "The audit")).to_be_visible()
    page.keyboard.press("Control+Enter")
    saved(page)
    assert texts_of(server, talk)[1:3] == ["The audit", "comes first."]
    split = transcript_of(server, talk)
    page.keyboard.press("Control+z")
    shows(page, "Undone: passage split.")
    saved(page)
    assert transcript_of(server, talk) == before
    page.keyboard.press("Control+Shift+z")
    shows(page, "Done again: passage split.")
    saved(page)
    assert transcript_of(server, talk) == split
    passage(page, "comes first.").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("textbox")).to_have_text("The audit comes first.")
    saved(page)
    assert texts_of(server, talk) == [text for _, text in TALK]


def test_keys_pressed_right_after_enter_are_typed(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    passage(page, "The audit comes first.").focus()
    opened = page.evaluate("""() => {
      const press = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      document.activeElement.dispatchEvent(press("Enter"));
      return document.activeElement.getAttribute("role");
    }""")
    assert opened == "textbox"


def test_a_passage_left_empty_goes_and_can_be_brought_back(server: LiveServer, page: Page, talk: str) -> None:
    before = transcript_of(server, talk)
    read(page, server, talk)
    passage(page, "That should work.").dblclick()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    shows(page, "The passage was deleted.")
    saved(page)
    assert len(texts_of(server, talk)) == 3
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(passage(page, "That should work.")).to_be_visible()
    saved(page)
    assert transcript_of(server, talk) == before


def test_a_reload_in_the_middle_of_typing_loses_nothing(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    write(page, "That should work.", "That was typed before the reload.")
    page.reload()
    shows(page, "What you had not saved yet is here again")
    expect(passage(page, "That was typed before the reload.")).to_be_visible()
    saved(page)
    assert texts_of(server, talk)[2] == "That was typed before the reload."


def test_a_pause_in_the_typing_saves_too_and_escape_takes_that_back(
    server: LiveServer, page: Page, talk: str
) -> None:
    before = transcript_of(server, talk)
    read(page, server, talk)
    write(page, "That should work.", "Something else.")
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
    saved(page)
    assert texts_of(server, talk)[2] == "Something else."
    page.keyboard.press("Escape")
    expect(passage(page, "That should work.")).to_be_visible()
    saved(page)
    assert transcript_of(server, talk) == before


def test_two_people_write_in_different_passages_and_both_are_kept(
    server: LiveServer, page: Page, new_page: Callable[..., Page], talk: str, complaints: Complaints
) -> None:
    complaints.expect(f"412 /api/v1/recordings/{talk}/transcript")
    other = new_page()
    read(page, server, talk)
    read(other, server, talk)
    write(page, "That should work.", "This is from the first.")
    page.keyboard.press("Control+Enter")
    saved(page)
    write(other, "The audit comes first.", "This is from the second.")
    other.keyboard.press("Control+Enter")
    expect(passage(other, "This is from the first.")).to_be_visible()
    saved(other)
    assert texts_of(server, talk)[1:3] == ["This is from the second.", "This is from the first."]


@pytest.mark.parametrize(
    ("choice", "text"), [("Keep theirs", "Theirs."), ("Save yours", "Mine."), ("both", "Theirs. Mine.")]
)
@pytest.mark.parametrize("same_browser", [True, False], ids=["two tabs", "two people"])
def test_two_write_in_the_same_passage_and_somebody_chooses(
    server: LiveServer,
    page: Page,
    new_page: Callable[..., Page],
    talk: str,
    complaints: Complaints,
    same_browser: bool,
    choice: str,
    text: str,
) -> None:
    complaints.allow(f"412 /api/v1/recordings/{talk}/transcript")
    other = page.context.new_page() if same_browser else new_page()
    read(page, server, talk)
    read(other, server, talk)
    edit(other, "That should work.")
    write(page, "That should work.", "Theirs.")
    page.keyboard.press("Control+Enter")
    saved(page)
    other.keyboard.press("ControlOrMeta+A")
    other.keyboard.type("Mine.")
    other.keyboard.press("Control+Enter")
    dialog = other.get_by_role("dialog", name="Somebody else changed this passage too")
    expect(dialog).to_contain_text("Theirs.")
    expect(dialog.get_by_label("Yours")).to_have_value("Mine.")
    assert axe(other) == []
    if choice == "both":
        fill(other, "Yours", text)
    press(other, "Save yours" if choice == "both" else choice)
    expect(passage(other, text)).to_be_visible()
    saved(other)
    assert texts_of(server, talk)[2] == text


def test_text_of_a_passage_that_somebody_took_out_is_not_lost(
    server: LiveServer, page: Page, talk: str, complaints: Complaints
) -> None:
    complaints.expect(f"412 /api/v1/recordings/{talk}/transcript")
    read(page, server, talk)
    deletion = {"operations": [{"op": "delete_segment", "id": 2}]}
    assert server.client.patch(f"/recordings/{talk}/transcript", json=deletion).status_code == 200
    write(page, "That should work.", "That will work.")
    page.keyboard.press("Control+Enter")
    shows(page, "Somebody else took this passage out")
    press(page, "Save yours")
    expect(passage(page, "That will work.")).to_be_visible()
    saved(page)
    assert texts_of(server, talk)[2] == "That will work."


def test_a_server_that_is_killed_while_somebody_writes_gets_it_when_it_is_back(
    server: LiveServer,
    page: Page,
    talk: str,
    complaints: Complaints,
    tmp_path: Path,
    tiny_model: Path,
    speech: Path,
) -> None:
    complaints.allow("net::ERR", "50")
    own = Served(tmp_path, engine="faster-whisper", model=tiny_model)
    try:
        own.start()
        with httpx.Client(base_url=f"{own.origin}/api/v1", timeout=60) as client:
            told = tell(server, speech / "sentence_en.flac", TALK, client)
            page.goto(f"{own.origin}/recordings/{told}")
            expect(page.locator(".segment [data-w]").first).to_be_visible()
            own.kill()
            for old, new in (("That should work.", "One."), ("The audit comes first.", "Two.")):
                write(page, old, new)
                page.keyboard.press("Control+Enter")
            shows(page, "Auricle does not answer.")
            own.start()
            saved(page)
            said = [one["text"] for one in client.get(f"/recordings/{told}/transcript").json()["segments"]]
            assert said[1:3] == ["Two.", "One."]
    finally:
        own.kill()


def test_a_session_that_ends_in_the_middle_of_an_edit_costs_only_the_password(
    tmp_path: Path, tiny_model: Path, speech: Path, page: Page, complaints: Complaints
) -> None:
    with live_server(tmp_path, tiny_model, auth="on") as guarded:
        let_the_admin_in(guarded)
        anna = add(guarded, "Anna")
        with guarded.client_for(guarded.key(anna.id)) as client:
            talk = tell(guarded, speech / "sentence_en.flac", TALK, client)
            be(page, guarded, anna)
            read(page, guarded, talk)
            complaints.expect("401")
            page.context.clear_cookies()
            write(page, "That should work.", "That was typed as the session ended.")
            page.keyboard.press("Control+Enter")
            fill(page, "Password", PASSWORD)
            press(page, "Sign in")
            saved(page)
            said = [one["text"] for one in transcript_of(guarded, talk, client)["segments"]]
        assert said[2] == "That was typed as the session ended."
        page.close()


def test_speakers_are_renamed_everywhere_from_a_passage_on_or_here(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    page.locator(".transcript").get_by_role("button", name="Ben: rename").click()
    dialog = page.get_by_role("dialog", name="Who is Ben?")
    assert axe(page) == []
    dialog.get_by_label("Name").fill(MARKUP)
    dialog.get_by_label("Name").press("Enter")
    shows(page, MARKUP)
    page.locator(".transcript").get_by_role("button", name="Anna: rename").nth(1).click()
    page.get_by_label("Name", exact=True).fill("Carla")
    page.get_by_label("From here on").check()
    press(page, "Save")
    saved(page)
    now = transcript_of(server, talk)
    names = {one["id"]: one["name"] for one in now["speakers"]}
    assert [names[one["speaker"]] for one in now["segments"]] == ["Anna", "Anna", MARKUP, "Carla"]
    page.keyboard.press("Control+z")
    shows(page, "Undone: speaker changed.")
    saved(page)
    assert [one["name"] for one in transcript_of(server, talk)["speakers"]] == ["Anna", MARKUP]


def test_two_speakers_become_one_and_the_others_keep_their_colours(
    server: LiveServer, page: Page, talk: str
) -> None:
    read(page, server, talk)
    panel = page.locator("a-speakers-panel")
    color = panel.get_by_role("button", name="Ben: rename").evaluate("one => getComputedStyle(one).color")
    panel.get_by_role("button", name="Anna: rename").click()
    page.get_by_role("group", name="Other speakers").get_by_role("button", name="Ben").click()
    shows(page, "Anna and Ben become one speaker.")
    press(page, "Save")
    saved(page)
    assert [one["name"] for one in transcript_of(server, talk)["speakers"]] == ["Ben"]
    expect(panel.get_by_role("button", name="Ben: rename")).to_have_css("color", color)


def test_somebody_is_named_where_nobody_was_told_apart(server: LiveServer, page: Page, speech: Path) -> None:
    told = tell(server, speech / "sentence_en.flac", [("", "Hello there."), ("", "Good morning.")])
    read(page, server, told)
    page.locator(".transcript").get_by_role("button", name="Who says this?").click()
    fill(page, "Name", "Anna")
    press(page, "Save")
    saved(page)
    now = transcript_of(server, told)
    assert [one["name"] for one in now["speakers"]] == ["Anna"]
    assert {one["speaker"] for one in now["segments"]} == {now["speakers"][0]["id"]}


def test_find_and_replace(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    page.keyboard.press("Control+f")
    page.keyboard.type("LAUNCH")
    bar = page.get_by_role("search", name="Find and replace")
    expect(bar).to_contain_text("1 of 2")
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("2 of 2")
    bar.get_by_role("button", name="Match case").click()
    expect(bar).to_contain_text("Not found")
    bar.get_by_role("button", name="Match case").click()
    assert axe(page) == []
    bar.get_by_label("Replace with").fill("start")
    bar.get_by_role("button", name="Replace", exact=True).click()
    expect(bar).to_contain_text("1 of 1")
    bar.get_by_role("button", name="Replace all").click()
    shows(page, "Replaced in 1 place.")
    saved(page)
    assert texts_of(server, talk)[::3] == ["We agreed to move the start.", "Then we start in April."]
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def test_a_click_on_a_word_goes_there_and_lights_it(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    page.locator(".segment [data-w]").filter(has_text="audit").click()
    expect(page.locator(".spoken")).to_have_text("audit")


def test_copied_text_is_clean(server: LiveServer, page: Page, talk: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    read(page, server, talk)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.transcript'))")
    page.keyboard.press("Control+c")
    turns = [
        "Anna: We agreed to move the launch. The audit comes first.",
        "Ben: That should work.",
        "Anna: Then we launch in April.",
    ]
    assert page.evaluate("navigator.clipboard.readText()") == "\n\n".join(turns)


def test_text_from_right_to_left_and_words_without_end_fit(
    server: LiveServer, speech: Path, new_page: Callable[..., Page]
) -> None:
    said = [("Anna", "هذا نص عربي طويل."), ("Ben", "x" * 400), ("Anna", MARKUP.replace(" ", "\u00a0"))]
    told = tell(server, speech / "sentence_en.flac", said)
    page = new_page(PHONE, dark=True)
    read(page, server, told)
    expect(page.locator(".text").first).to_have_css("direction", "rtl")
    expect(page.locator(".text").nth(1)).to_have_css("direction", "ltr")
    assert overflow(page) == 0
    assert axe(page) == []
    assert page.locator(".transcript img").count() == 0


def test_the_view_follows_until_the_reader_goes_elsewhere(
    server: LiveServer, page: Page, speech: Path
) -> None:
    words = itertools.cycle(["all", "that", "is", "said", "goes", "on", "and", "on"])
    said = [(("Anna", "Ben")[n % 2], " ".join(itertools.islice(words, 40))) for n in range(60)]
    read(page, server, tell(server, speech / "sentence_en.flac", said))
    page.locator(".segment [data-w]").nth(1).click()
    back = page.get_by_role("button", name="Back to 0:00")
    expect(back).to_have_count(0)
    page.mouse.wheel(0, 4000)
    expect(back).to_be_visible()
    back.click()
    expect(page.locator(".spoken")).to_be_in_viewport()
    expect(back).to_have_count(0)
    page.mouse.wheel(0, 4000)
    expect(back).to_be_visible()
    page.get_by_role("slider", name="Position in the recording").press("ArrowRight")
    expect(page.locator(".spoken")).to_be_in_viewport()


def test_all_of_it_by_keyboard(server: LiveServer, page: Page, talk: str) -> None:
    read(page, server, talk)
    first = page.locator(".segment").first
    expect(first).to_have_attribute("tabindex", "0")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".segment").nth(1)).to_be_focused()
    page.keyboard.press("e")
    field = page.get_by_role("textbox", name="What Anna says at 0:02")
    expect(field).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("End")
    page.keyboard.type(" Yes.")
    page.keyboard.press("Control+Enter")
    expect(passage(page, "The audit comes first. Yes.")).to_be_focused()
    saved(page)
    assert texts_of(server, talk)[1] == "The audit comes first. Yes."

"""What the browser of the tests notices, hears and measures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from auricle.testing import say, write_wav
from browser import PHONE, Complaints, axe, overflow, press, shows
from services import wait_until

SITE = "http://localhost/"
POLICY = "default-src 'none'; script-src 'self'; connect-src *; require-trusted-types-for 'script'"


def serve(page: Page, body: str) -> None:
    """Open a page of this body, under a policy as strict as ours."""

    def answer(route: Route) -> None:
        found = {SITE: 200}.get(route.request.url, 404)
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
        route.fulfill(status=found, headers=headers, body=f"<!doctype html><body>{body}")

    page.route("http://localhost/**", answer)
    page.goto(SITE)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('Nothing works')", "Nothing works"),
        ("console.warn('Nearly nothing works')", "Nearly nothing works"),
        ("setTimeout(() => { throw new Error('too late'); })", "uncaught: too late"),
        ("fetch('/lost')", "404 /lost"),
        ("fetch('http://elsewhere.example/a').catch(() => {})", "another host: http://elsewhere.example/a"),
        (
            "document.body.append(Object.assign(document.createElement('style'), { textContent: 'p {}' }))",
            "content policy: style-src-elem stopped",
        ),
        ("document.body.append(Object.assign(new Image(), { src: '/a.png' }))", "content policy: img-src"),
    ],
)
def test_what_a_page_complains_of_fails_its_test(
    page: Page, complaints: Complaints, script: str, complaint: str
) -> None:
    serve(page, "")
    page.evaluate(f"() => {{ {script}; }}")
    # Asking the page for anything lets what it said before arrive.
    wait_until(lambda: page.evaluate("1") and any(complaint in one for one in complaints.made), complaint)
    with pytest.raises(AssertionError, match="the page complained:") as failure:
        complaints.check()
    assert complaint in str(failure.value)
    complaints.expect(complaint)
    complaints.allow("*")


def test_a_complaint_that_was_expected_has_to_come(page: Page, complaints: Complaints) -> None:
    serve(page, "")
    page.evaluate("console.error('The first part and the last')")
    complaints.expect("first*last")
    complaints.check()
    complaints.expect("last*first")
    with pytest.raises(AssertionError, match=r"never complained of: last\*first"):
        complaints.check()
    complaints.made.append("last, then first")


_LISTEN = """async () => {
  try {
    const [sound, context] = [await navigator.mediaDevices.getUserMedia({ audio: true }), new AudioContext()];
    const heard = context.createAnalyser();
    context.createMediaStreamSource(sound).connect(heard);
    const samples = new Float32Array(heard.fftSize);
    do {
      await new Promise((resolve) => setTimeout(resolve, 20));
      heard.getFloatTimeDomainData(samples);
    } while (Math.max(...samples) < 0.1);
    return "heard";
  } catch (problem) {
    return problem.name;
  }
}"""


def test_a_microphone_hears_a_file_or_may_not_or_is_not_there(
    new_page: Callable[..., Page], tmp_path: Path
) -> None:
    spoken = write_wav(tmp_path / "talk.wav", say("Alpha bravo charlie."))
    said = []
    for page in (new_page(microphone=spoken), new_page(microphone=spoken, may_hear=False), new_page()):
        serve(page, "")
        said.append(page.evaluate(_LISTEN))
    assert said == ["heard", "NotAllowedError", "NotFoundError"]


def test_a_tab_can_be_heard_where_the_microphone_can(new_page: Callable[..., Page], tmp_path: Path) -> None:
    spoken = write_wav(tmp_path / "talk.wav", say("Alpha."))
    page = new_page(microphone=spoken)
    serve(page, "")
    kinds = page.evaluate(
        "navigator.mediaDevices.getDisplayMedia({ audio: true, video: true })"
        ".then((given) => given.getTracks().map((track) => track.kind).sort())"
    )
    assert kinds == ["audio", "video"]


def test_axe_says_what_is_wrong_under_a_strict_policy(page: Page) -> None:
    serve(page, "<title>A page</title><button></button><main>Text</main>")
    page.evaluate("document.documentElement.lang = 'en'")
    [sentence] = axe(page)
    assert sentence.startswith(
        "Buttons must have discernible text (button-name, critical): button: Fix any of"
    )
    page.evaluate("document.querySelector('button').textContent = 'Save'")
    assert axe(page) == []


def test_a_visitor_has_the_size_and_the_colours_that_were_asked_for(new_page: Callable[..., Page]) -> None:
    page = new_page(PHONE, dark=True)
    serve(page, "<button>Save</button>")
    assert page.evaluate("[innerWidth, innerHeight]") == list(PHONE)
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert overflow(page) == 0
    page.evaluate(
        "document.querySelector('button').addEventListener('click', () => document.body.append('Saved'))"
    )
    page.evaluate("document.body.style.setProperty('width', '500px')")
    assert overflow(page) > 0
    press(page, "Save")
    shows(page, "Saved")

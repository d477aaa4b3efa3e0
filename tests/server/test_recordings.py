"""Recordings over HTTP: taking them in, finding, changing, playing and losing them."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from auricle.audio.peaks import Peaks
from auricle.testing import say, silence, write_wav
from live_server import LiveServer


@pytest.fixture
def files(tmp_path: Path) -> Callable[[int], list[Path]]:
    """Recordings that differ from one another."""

    def make(count: int) -> list[Path]:
        return [write_wav(tmp_path / f"talk {n}.wav", silence(0.5 + n / 10)) for n in range(count)]

    return make


def test_a_recording_becomes_a_transcript(server: LiveServer, meeting: Path) -> None:
    accepted = server.upload(meeting)
    recording, job = accepted["recording"], accepted["job"]
    assert (recording["filename"], recording["size"]) == (meeting.name, meeting.stat().st_size)
    assert recording["sha256"] == hashlib.sha256(meeting.read_bytes()).hexdigest()
    assert job["state"] in ("queued", "running")
    done = server.wait(job["id"])
    assert (done["state"], done["progress"], done["error"]) == ("done", 1.0, None)
    transcript = server.client.get(f"/jobs/{job['id']}/transcript", params={"format": "json"}).json()
    truth = json.loads(meeting.with_suffix(".json").read_text())
    assert transcript["text"].split()[0].lower() in json.dumps(truth).lower()
    shown = server.client.get(f"/recordings/{recording['id']}").json()
    assert (shown["state"], shown["language"]) == ("done", "en")
    assert shown["duration"] == pytest.approx(transcript["duration"])


def test_a_body_without_a_form_is_a_recording_too(server: LiveServer, talk: Path) -> None:
    answer = server.client.put(
        "/recordings",
        params={"filename": "../../etc/Gespräch.wav", "options": '{"language": "en"}', "title": "Call"},
        content=talk.read_bytes(),
    )
    assert answer.status_code == 201
    recording = answer.json()["recording"]
    assert (recording["filename"], recording["title"]) == ("Gespräch.wav", "Call")
    assert answer.json()["job"]["options"]["language"] == "en"


def test_fields_may_come_before_or_after_the_file(server: LiveServer, talk: Path) -> None:
    boundary = "xxBOUNDARYxx"

    def part(name: str, value: bytes, filename: str = "") -> bytes:
        named = f'; filename="{filename}"' if filename else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        return head.encode() + value + b"\r\n"

    body = (
        part("title", b"First")
        + part("file", talk.read_bytes(), "a.wav")
        + part("tags", b"one, two")
        + f"--{boundary}--\r\n".encode()
    )
    answer = server.client.post(
        "/recordings", content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    assert answer.status_code == 201, answer.text
    assert (answer.json()["recording"]["title"], answer.json()["recording"]["tags"]) == (
        "First",
        ["one", "two"],
    )


def test_a_duplicate_is_recognised_and_may_be_had_back(server: LiveServer, tmp_path: Path) -> None:
    file = write_wav(tmp_path / "same.wav", say("Golf hotel."))
    first = server.upload(file)
    assert first["duplicate_of"] is None
    assert server.upload(file)["duplicate_of"] == first["recording"]["id"]
    with file.open("rb") as content:
        answer = server.client.post("/recordings", files={"file": content}, data={"on_duplicate": "return"})
    assert answer.status_code == 200
    assert answer.json()["recording"]["id"] == first["recording"]["id"]


def test_an_upload_with_the_same_idempotency_key_is_done_once(server: LiveServer, talk: Path) -> None:
    def send() -> httpx.Response:
        return server.client.post(
            "/recordings", files={"file": talk.read_bytes()}, headers={"Idempotency-Key": "once"}
        )

    first, again = send(), send()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["job"]["id"] == again.json()["job"]["id"]


def test_a_recording_may_be_stored_only(server: LiveServer, talk: Path) -> None:
    accepted = server.upload(talk, transcribe="false")
    assert accepted["job"] is None
    assert accepted["recording"]["state"] == "none"


def test_lists_come_in_pages_without_gaps_or_repeats(
    make_server: Callable[..., LiveServer], files: Callable[[int], list[Path]]
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    ids = [server.upload(file, transcribe="false")["recording"]["id"] for file in files(7)]
    for sort, expected in (
        ("newest", ids[::-1]),
        ("oldest", ids),
        ("title", ids),
        ("longest", ids[::-1]),
        ("shortest", ids),
        ("changed", ids[::-1]),
    ):
        seen, cursor = [], None
        while True:
            page = server.client.get(
                "/recordings", params={"limit": 3, "sort": sort} | ({"cursor": cursor} if cursor else {})
            ).json()
            seen += [one["id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert seen == expected, sort
    newest = server.client.get("/recordings", params={"limit": 3}).json()["next"]
    for other in (
        {"cursor": "bm9uc2Vuc2U"},
        *({"cursor": newest, "sort": one} for one in ("title", "oldest")),
    ):
        wrong = server.client.get("/recordings", params=other)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_option")


def test_lists_can_be_narrowed(
    make_server: Callable[..., LiveServer], files: Callable[[int], list[Path]]
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    one, two, three = files(3)
    ids = [
        server.upload(one, title="Budget 100%", tags="money,Ärger")["recording"]["id"],
        server.upload(two, title="Holiday", tags="money")["recording"]["id"],
        server.upload(three, transcribe="false")["recording"]["id"],
    ]

    def found(**how: str | list[str]) -> list[str]:
        return [item["id"] for item in server.client.get("/recordings", params=how).json()["items"]]

    assert found(title="100%") == [ids[0]]
    assert found(title="%") == [ids[0]]
    assert found(tag="money") == [ids[1], ids[0]]
    assert found(tag="Ärger") == [ids[0]]
    assert found(state="queued") == [ids[1], ids[0]]
    assert found(state="none") == [ids[2]]
    assert found(state=["none", "queued"]) == ids[::-1]
    assert found(needs_review="true") == []
    assert found(since="2100-01-01T00:00:00Z") == []
    assert found(until="2100-01-01T00:00:00+02:00") == ids[::-1]
    assert found(since="0001-01-01") == found(until="9999-12-31") == ids[::-1]
    assert found(since="9999-12-31T23:59:59-14:00") == found(until="0001-01-01T00:00:00+14:00") == []
    assert server.client.get("/tags").json() == {"money": 2, "Ärger": 1}
    counts = server.client.get("/recordings/counts").json()
    assert (counts["all"], counts["running"], counts["tags"]) == (3, 2, {"money": 2, "Ärger": 1})


def test_titles_and_tags_change_and_old_etags_are_refused(server: LiveServer, talk: Path) -> None:
    path = f"/recordings/{server.upload(talk, transcribe='false')['recording']['id']}"
    etag = server.client.get(path).headers["ETag"]
    changed = server.client.patch(
        path, json={"title": "New", "tags": ["a", "a ", ""]}, headers={"If-Match": etag}
    )
    assert (changed.json()["title"], changed.json()["tags"]) == ("New", ["a"])
    late = server.client.patch(path, json={"title": "Late"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "outdated")
    assert server.client.get(path).json()["title"] == "New"
    assert server.client.get("/search", params={"q": "new"}).json()["items"] != []


@pytest.mark.parametrize("form", ["{0}", "W/{0}", '"older", {0}', "*"])
def test_an_etag_may_be_weak_or_one_of_several(server: LiveServer, talk: Path, form: str) -> None:
    path = f"/recordings/{server.upload(talk, transcribe='false')['recording']['id']}"
    etag = server.client.get(path).headers["ETag"]
    change = {"json": {"title": "New"}, "headers": {"If-Match": form.format(etag)}}
    assert [server.client.patch(path, **change).status_code for _ in range(2)] == (
        [200, 200] if form == "*" else [200, 412]
    )


def test_what_is_deleted_can_be_brought_back_until_it_is_erased(server: LiveServer, meeting: Path) -> None:
    recording = server.transcribed(meeting)["id"]
    path = f"/recordings/{recording}"
    assert server.client.delete(path).status_code == 204
    listed = [one["id"] for one in server.client.get("/recordings", params={"limit": 200}).json()["items"]]
    assert recording not in listed
    trash = [one["id"] for one in server.client.get("/recordings", params={"trash": True}).json()["items"]]
    assert recording in trash
    assert server.client.post(f"{path}/restore").json()["deleted_at"] is None
    assert server.client.delete(path, params={"forever": True}).status_code == 204
    for gone in (path, f"{path}/download", f"{path}/transcript", f"{path}/peaks"):
        assert server.client.get(gone).status_code == 404
    keys = [blob.key for blob in server.service.storage.blobs()]
    assert not [key for key in keys if recording in key]


def test_erasing_the_last_of_equal_recordings_erases_what_was_found_in_it(
    make_server: Callable[..., LiveServer], meeting: Path
) -> None:
    server = make_server()
    ids = [server.transcribed(meeting)["id"] for _ in range(2)]
    server.client.delete(f"/recordings/{ids[0]}", params={"forever": True})
    assert any(blob.key.startswith("results/") for blob in server.service.storage.blobs())
    server.client.delete(f"/recordings/{ids[1]}", params={"forever": True})
    assert list(server.service.storage.blobs()) == []


def test_many_are_changed_at_once_or_none(server: LiveServer, files: Callable[[int], list[Path]]) -> None:
    ids = [server.upload(file, transcribe="false")["recording"]["id"] for file in files(3)]

    def change(**wish: object) -> httpx.Response:
        return server.client.post("/recordings/bulk", json={"ids": ids, **wish})

    assert {tuple(one["tags"]) for one in change(action="tag", tag="x").json()} == {("x",)}
    assert {tuple(one["tags"]) for one in change(action="untag", tag="x").json()} == {()}
    assert {tuple(one["tags"]) for one in change(action="tag", tag=" two   words ").json()} == {
        ("two words",)
    }
    assert {tuple(one["tags"]) for one in change(action="untag", tag=" two   words ").json()} == {()}
    assert change(action="untag", tag="never there").status_code == 200
    full = [f"{number}" for number in range(100)]
    server.client.patch(f"/recordings/{ids[2]}", json={"tags": full})
    assert [change(action="tag", tag=tag).status_code for tag in ("7", "one more")] == [200, 400]
    assert server.client.get(f"/recordings/{ids[0]}").json()["tags"] == ["7"]
    assert all(one["deleted_at"] for one in change(action="delete").json())
    assert not any(one["deleted_at"] for one in change(action="restore").json())
    assert change(action="tag").status_code == 400
    assert change(action="delete", ids=[*ids, "nobody"]).status_code == 404
    assert server.client.get(f"/recordings/{ids[0]}").json()["deleted_at"] is None


def test_the_file_comes_back_as_it_was_under_its_own_name(server: LiveServer, talk: Path) -> None:
    content = talk.read_bytes()
    answer = server.client.put("/recordings", params={"filename": 'Über "uns".wav'}, content=content)
    path = f"/recordings/{answer.json()['recording']['id']}/download"
    got = server.client.get(path)
    assert got.content == content
    assert "filename*=UTF-8''%C3%9Cber%20%22uns%22.wav" in got.headers["content-disposition"]
    assert server.client.head(path).headers["content-length"] == str(len(content))
    again = server.client.get(path, headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-1000000000", 206, slice(5, None)),
        ("bytes=1000000000-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 416, None),
        ("bytes=1-2,5-6", 200, slice(None)),
        ("pages=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
    ],
)
def test_a_player_gets_the_range_it_asks_for(
    server: LiveServer, talk: Path, asked: str, status: int, span: slice | None
) -> None:
    content = talk.read_bytes()
    recording = server.upload(talk, transcribe="false")["recording"]["id"]
    answer = server.client.get(f"/recordings/{recording}/preview", headers={"Range": asked})
    assert answer.status_code == status
    assert answer.content == (b"" if span is None else content[span])
    if status == 206:
        assert answer.headers["content-range"].endswith(f"/{len(content)}")
    stale = server.client.get(
        f"/recordings/{recording}/preview", headers={"Range": asked, "If-Range": '"other"'}
    )
    assert (stale.status_code, stale.content) == (200, content)


def test_what_browsers_cannot_play_gets_a_preview(server: LiveServer, shared_data: Path) -> None:
    recording = server.transcribed(shared_data / "derived" / "jfk.amr")
    answer = server.client.get(f"/recordings/{recording['id']}/preview")
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.content[4:8] == b"ftyp"


def test_the_outline_is_there_once_the_recording_was_decoded(server: LiveServer, meeting: Path) -> None:
    recording = server.transcribed(meeting)
    path = f"/recordings/{recording['id']}/peaks"
    document = server.client.get(path).json()
    assert document["length"] == pytest.approx(recording["duration"] * 20, abs=2)
    peaks = Peaks.from_bytes(server.client.get(path, params={"format": "dat"}).content)
    assert peaks.to_dict() == document
    waiting = server.upload(meeting, transcribe="false")["recording"]["id"]
    assert server.client.get(f"/recordings/{waiting}/peaks").status_code == 404


def test_deleting_stops_what_is_being_done(make_server: Callable[..., LiveServer], talk: Path) -> None:
    server = make_server(gpu_workers=0)
    accepted = server.upload(talk)
    server.client.delete(f"/recordings/{accepted['recording']['id']}")
    assert server.wait(accepted["job"]["id"])["state"] == "cancelled"


def test_a_server_that_was_killed_goes_on_where_it_was(
    make_server: Callable[..., LiveServer], meeting: Path, tmp_path: Path
) -> None:
    first = make_server(data_dir=tmp_path / "one", gpu_workers=0)
    accepted = first.upload(meeting)
    while first.client.get(f"/jobs/{accepted['job']['id']}").json()["stage"] == "prepare":
        time.sleep(0.05)
    first.stop()
    left = tmp_path / "one" / "work" / "server" / "task-1"
    left.mkdir(parents=True)
    second = make_server(data_dir=tmp_path / "one")
    assert not left.exists()
    assert second.wait(accepted["job"]["id"])["state"] == "done"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Meeting 21/11", "Meeting 21/11"),
        ("C:\\notes or A/B?", "C:\\notes or A/B?"),
        ("  And then\n...  ", "And then ..."),
        ("Tom \u202e& Anna etc.", "Tom & Anna etc."),
    ],
)
def test_a_title_is_no_path_and_keeps_what_people_wrote(
    server: LiveServer, talk: Path, given: str, kept: str
) -> None:
    uploaded = server.upload(talk, title=given, transcribe="false")["recording"]
    assert uploaded["title"] == kept
    other = server.upload(talk, transcribe="false")["recording"]
    assert other["title"] == talk.stem
    changed = server.client.patch(f"/recordings/{other['id']}", json={"title": given})
    assert changed.json()["title"] == kept


def test_a_title_of_nothing_visible_changes_nothing(server: LiveServer, talk: Path) -> None:
    recording = server.upload(talk, title=" \u200b ", transcribe="false")["recording"]
    assert recording["title"] == talk.stem
    changed = server.client.patch(f"/recordings/{recording['id']}", json={"title": "\u200b"})
    assert changed.json()["title"] == talk.stem

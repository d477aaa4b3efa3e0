"""Transcripts over HTTP: versions, edits, speakers, imports."""

import io
import json
import resource
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from auricle.store.schema import Recording, TranscriptVersion, now
from auricle.testing import noise, write_wav
from auricle.transcript import MadeWith, Transcript
from live_server import LiveServer

AUTH = "on"


@pytest.fixture
def recording(server: LiveServer, bundled: Path) -> str:
    return str(server.transcribed(bundled)["id"])


def read(server: LiveServer, recording: str) -> dict[str, Any]:
    return server.client.get(f"/recordings/{recording}/transcript").json()


def edit(server: LiveServer, recording: str, *operations: dict[str, Any], etag: str | None = None) -> Any:
    headers = {"If-Match": etag} if etag else {}
    return server.client.patch(
        f"/recordings/{recording}/transcript", json={"operations": list(operations)}, headers=headers
    )


def test_an_edit_is_a_new_version_and_keeps_the_times_of_words_that_stay(
    server: LiveServer, recording: str
) -> None:
    before = read(server, recording)
    first = before["segments"][0]
    text = first["text"].replace(first["words"][1]["text"], "really nice")
    answer = edit(server, recording, {"op": "edit_segment", "id": first["id"], "text": text})
    assert (answer.status_code, answer.json()["kind"], answer.json()["number"]) == (200, "edit", 2)
    after = read(server, recording)["segments"][0]
    assert after["text"] == text
    assert after["words"][0] == first["words"][0]
    assert after["words"][-1] == first["words"][-1]
    assert first["words"][0]["end"] <= after["words"][1]["start"] <= after["words"][2]["end"]
    assert server.client.get("/search", params={"q": "really nice"}).json()["items"]
    difference = server.client.get(
        f"/recordings/{recording}/transcripts/compare", params={"a": 1, "b": 2}
    ).json()
    assert [(len(one["before"]), len(one["after"])) for one in difference] == [(1, 1)]


def test_an_edit_says_what_is_other_and_is_taken_back_exactly(server: LiveServer, recording: str) -> None:
    before = read(server, recording)
    first, second = before["segments"][:2]
    made = edit(
        server,
        recording,
        {"op": "edit_segment", "id": first["id"], "text": "Other words."},
        {"op": "delete_segment", "id": second["id"]},
    ).json()
    after = read(server, recording)
    assert made["segments"] == after["segments"][:1]
    assert (made["removed"], made["speakers"]) == ([second["id"]], after["speakers"])
    back = {
        "op": "put_back",
        "ids": [first["id"]],
        "segments": [first, second],
        "speakers": before["speakers"],
    }
    undone = edit(server, recording, back).json()
    assert (undone["segments"], undone["removed"]) == ([first, second], [])
    assert read(server, recording) == before
    wrong = edit(server, recording, {**back, "segments": [first, {**second, "words": 1}]})
    assert (wrong.status_code, wrong.json()["detail"]) == (
        400,
        "Operation 1: Segment 2: words is 1, but has to be a list.",
    )


def test_doubtful_words_are_counted_until_somebody_has_checked_them(server: LiveServer, talk: Path) -> None:
    recording = server.upload(talk, transcribe="false")["recording"]["id"]
    assert doubtful(server, recording) is None
    sure = [0.9, 0.4, 0.2, 0.5]
    words = [
        {"text": f"word{n}", "start": n / 10, "end": n / 10, "confidence": sure[n], "speaker": None}
        for n in range(4)
    ]
    text = " ".join(str(word["text"]) for word in words)
    segment = {"id": 0, "start": 0.0, "end": 1.0, "text": text, "words": words}
    server.client.post(f"/recordings/{recording}/transcript/import", content=document([segment]))
    assert server.client.get("/info").json()["doubtful_below"] == 0.5
    assert doubtful(server, recording) == 2
    edit(server, recording, {"op": "check_words", "id": 0, "first": 1, "last": 1})
    assert doubtful(server, recording) == 1
    assert [word.get("checked") for word in read(server, recording)["segments"][0]["words"]] == [
        None,
        True,
        None,
        None,
    ]
    edit(server, recording, {"op": "uncheck_words", "id": 0, "first": 0, "last": 3})
    assert doubtful(server, recording) == 2
    edit(server, recording, {"op": "edit_segment", "id": 0, "text": text.replace("word2", "right")})
    assert doubtful(server, recording) == 1
    assert read(server, recording)["segments"][0]["words"][2]["checked"] is True
    wrong = edit(server, recording, {"op": "check_words", "id": 0, "first": 0, "last": 4}).json()["detail"]
    assert wrong == "Operation 1: Segment 0 has 4 words: there are none from 0 to 4."


def doubtful(server: LiveServer, recording: str) -> int | None:
    found: int | None = server.client.get(f"/recordings/{recording}").json()["doubtful"]
    return found


def document(segments: list[dict[str, Any]]) -> bytes:
    """A file in our own form."""
    made = Transcript("en", 2.0, (), MadeWith("elsewhere", "m")).to_dict()
    return json.dumps({**made, "segments": segments}).encode()


def test_a_speaker_gets_a_color_and_another_name_from_a_moment_on(server: LiveServer, recording: str) -> None:
    ids = [one["id"] for one in read(server, recording)["segments"]]
    edit(server, recording, *({"op": "edit_segment", "id": id, "speaker": "a"} for id in ids))
    made = edit(
        server,
        recording,
        {"op": "color_speaker", "speaker": "a", "color": 5},
        {"op": "assign_speaker", "first": ids[1], "speaker": "a", "name": "Carla"},
    ).json()
    assert [(one["name"], one.get("color")) for one in made["speakers"]] == [("a", 5), ("Carla", None)]
    assert [one["id"] for one in made["segments"]] == ids[1:]
    assert read(server, recording)["speakers"] == made["speakers"]
    assert server.client.get(f"/recordings/{recording}").json()["speakers"] == ["a", "Carla"]


def sit(server: LiveServer, recording: str, etag: str, text: str, who: httpx.Client | None = None) -> Any:
    """Save while typing."""
    body = {"operations": [{"op": "edit_segment", "id": 0, "text": text}], "continues": True}
    path = f"/recordings/{recording}/transcript"
    return (who or server.client).patch(path, json=body, headers={"If-Match": etag})


def numbers(server: LiveServer, recording: str) -> list[tuple[int, str]]:
    versions = server.client.get(f"/recordings/{recording}/transcripts").json()["items"]
    return [(one["number"], one["kind"]) for one in versions]


def test_what_is_saved_while_typing_is_one_version(server: LiveServer, recording: str) -> None:
    etag = server.client.get(f"/recordings/{recording}/transcript").headers["ETag"]
    for text in ("A", "A b", "A b c"):
        answer = sit(server, recording, etag, text)
        assert answer.status_code == 200
        assert sit(server, recording, etag, "too late").status_code == 412
        etag = answer.headers["ETag"]
    assert (answer.json()["number"], answer.json()["made_by"]) == (2, "local")
    assert numbers(server, recording) == [(2, "edit"), (1, "machine")]
    assert read(server, recording)["segments"][0]["text"] == "A b c"
    parent = server.client.get(f"/recordings/{recording}/transcripts").json()["items"][1]["id"]
    assert answer.json()["parent_id"] == parent
    kept = {Path(blob.key).stem for blob in server.service.storage.blobs(f"transcripts/{recording}")}
    assert kept == {parent, answer.json()["id"]}


def test_another_sitting_is_another_version(server: LiveServer, recording: str) -> None:
    etag = server.client.get(f"/recordings/{recording}/transcript").headers["ETag"]
    etag = sit(server, recording, etag, "A").headers["ETag"]
    with server.service.database.write() as session:
        long_ago = now() - timedelta(minutes=31)
        session.execute(
            update(TranscriptVersion)
            .where(TranscriptVersion.id == etag.strip('"'))
            .values(created_at=long_ago)
        )
    etag = sit(server, recording, etag, "B").headers["ETag"]
    assert numbers(server, recording) == [(3, "edit"), (2, "edit"), (1, "machine")]
    with server.service.database.write() as session:
        session.execute(
            update(TranscriptVersion)
            .where(TranscriptVersion.id == etag.strip('"'))
            .values(made_by="somebody else")
        )
    sit(server, recording, etag, "C")
    assert [number for number, _ in numbers(server, recording)] == [4, 3, 2, 1]
    restored = server.client.post(f"/recordings/{recording}/transcripts/1/restore").json()
    sit(server, recording, restored["id"], "D")
    assert numbers(server, recording)[:2] == [(6, "edit"), (5, "restore")]


def test_who_reads_while_another_types_always_gets_a_transcript(server: LiveServer, recording: str) -> None:
    done = threading.Event()

    def reads() -> list[int]:
        statuses = []
        while not done.is_set():
            statuses.append(server.client.get(f"/recordings/{recording}/transcript").status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(reads) for _ in range(2)]
        etag = server.client.get(f"/recordings/{recording}/transcript").headers["ETag"]
        for number in range(30):
            etag = sit(server, recording, etag, f"Text {number}").headers["ETag"]
        done.set()
        assert {status for reader in readers for status in reader.result()} == {200}


def test_of_two_who_edit_at_once_one_is_told_and_nothing_is_lost(server: LiveServer, recording: str) -> None:
    etag = server.client.get(f"/recordings/{recording}/transcript").headers["ETag"]
    segment = read(server, recording)["segments"][0]["id"]

    def change(text: str) -> int:
        return edit(
            server, recording, {"op": "edit_segment", "id": segment, "text": text}, etag=etag
        ).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(change, ["One.", "Two.", "Three.", "Four."]))
    assert statuses == [200, 412, 412, 412]
    versions = server.client.get(f"/recordings/{recording}/transcripts").json()["items"]
    assert [one["number"] for one in versions] == [2, 1]
    assert [one["current"] for one in versions] == [True, False]


def test_a_wrong_operation_changes_nothing_and_is_named(server: LiveServer, recording: str) -> None:
    good = {"op": "edit_segment", "id": 0, "text": "Good."}
    for bad, words in (
        ({"op": "dance"}, "Operation 2: There is no operation 'dance'"),
        ({"op": "edit_segment", "id": 999, "text": "x"}, "Operation 2: There is no segment 999"),
        ({"op": "edit_segment", "id": 0, "colour": "red"}, "has no 'colour'"),
        ({"op": "edit_segment", "id": "0"}, "whole number"),
        ({"op": "edit_segment", "id": 0, "start": 9.0, "end": 1.0}, "cannot be"),
        ({"op": "edit_segment"}, "needs more"),
        ({}, "no operation None"),
    ):
        answer = edit(server, recording, good, bad)
        assert answer.status_code in (400, 404), answer.text
        assert words in answer.json()["detail"]
    assert len(server.client.get(f"/recordings/{recording}/transcripts").json()["items"]) == 1


def test_an_older_version_comes_back_as_a_new_one(server: LiveServer, recording: str) -> None:
    original = read(server, recording)
    edit(server, recording, {"op": "delete_segment", "id": original["segments"][0]["id"]})
    restored = server.client.post(f"/recordings/{recording}/transcripts/1/restore")
    assert (restored.status_code, restored.json()["number"], restored.json()["kind"]) == (201, 3, "restore")
    assert read(server, recording) == original
    path = f"/recordings/{recording}/transcripts"
    assert server.client.get(f"{path}/2").json()["segments"] == original["segments"][1:]
    assert server.client.get(f"{path}/9").status_code == 404
    page = server.client.get(path, params={"limit": 2}).json()
    rest = server.client.get(path, params={"limit": 2, "cursor": page["next"]}).json()
    assert [one["number"] for one in page["items"] + rest["items"]] == [3, 2, 1]


def test_what_is_in_the_trash_is_changed_once_it_has_been_brought_back(
    server: LiveServer, recording: str
) -> None:
    change = {"op": "edit_segment", "id": read(server, recording)["segments"][0]["id"], "text": "Another."}
    exported = server.client.get(f"/recordings/{recording}/export", params={"format": "json"}).content
    assert server.client.delete(f"/recordings/{recording}").status_code == 204
    refused = [
        edit(server, recording, change),
        server.client.post(f"/recordings/{recording}/transcripts/1/restore"),
        server.client.post(f"/recordings/{recording}/transcript/import", content=exported),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, "in_trash")
        assert f"POST /api/v1/recordings/{recording}/restore" in answer.json()["detail"]
    assert read(server, recording)["segments"][0]["text"] != "Another."
    assert server.client.post(f"/recordings/{recording}/restore").status_code == 200
    assert edit(server, recording, change).status_code == 200


def test_speakers_get_names_and_are_merged(server: LiveServer, recording: str) -> None:
    ids = [one["id"] for one in read(server, recording)["segments"][:2]]
    assert len(ids) == 2
    edit(
        server,
        recording,
        {"op": "edit_segment", "id": ids[0], "speaker": "a"},
        {"op": "edit_segment", "id": ids[1], "speaker": "b"},
    )
    named = server.client.patch(f"/recordings/{recording}/speakers/a", json={"name": "Ángela"})
    assert named.status_code == 200
    assert server.client.get(f"/recordings/{recording}").json()["speakers"] == ["Ángela", "b"]
    assert recording in [
        one["recording"]["id"] for one in server.client.get("/search", params={"q": "angela"}).json()["items"]
    ]
    listed = server.client.get("/recordings", params={"speaker": "Ángela"}).json()["items"]
    assert recording in [one["id"] for one in listed]
    merged = server.client.post(f"/recordings/{recording}/speakers/merge", json={"speaker": "b", "into": "a"})
    assert merged.status_code == 200
    transcript = read(server, recording)
    assert {one["speaker"] for one in transcript["segments"][:2]} == {"a"}
    assert [one["name"] for one in transcript["speakers"]] == ["Ángela"]
    wrong = server.client.post(f"/recordings/{recording}/speakers/merge", json={"speaker": "x", "into": "a"})
    assert wrong.status_code == 404


def test_what_is_exported_can_be_imported_again(server: LiveServer, recording: str, talk: Path) -> None:
    other = server.upload(talk, transcribe="false")["recording"]["id"]
    original = read(server, recording)
    for name in ("srt", "vtt", "json"):
        exported = server.client.get(f"/recordings/{recording}/transcript", params={"format": name})
        answer = server.client.post(f"/recordings/{other}/transcript/import", content=exported.content)
        assert (answer.status_code, answer.json()["kind"]) == (201, "import"), answer.text
        imported = read(server, other)
        assert imported["text"].split() == original["text"].split()
        assert imported["segments"][0]["start"] == pytest.approx(original["segments"][0]["start"], abs=0.5)


def test_what_is_imported_keeps_the_language_unless_the_file_or_the_request_says_another(
    server: LiveServer, talk: Path
) -> None:
    recording = server.transcribed(talk, options='{"language": "en"}')["id"]
    path = f"/recordings/{recording}/transcript/import"
    srt = b"1\n00:00:00,000 --> 00:00:01,000\nHallo.\n"
    whisper = b'{"language": "french", "segments": [{"start": 0, "end": 1, "text": "Bonjour."}]}'
    for content, params, language in (
        (srt, {}, "en"),
        (srt, {"language": "German"}, "de"),
        (whisper, {}, "fr"),
        (whisper, {"language": "it"}, "it"),
    ):
        answer = server.client.post(path, content=content, params=params)
        assert (answer.status_code, answer.json()["language"]) == (201, language)
        assert server.client.get(f"/recordings/{recording}").json()["language"] == language
    found = server.client.get("/recordings", params={"language": "it"}).json()["items"]
    assert recording in [one["id"] for one in found]
    refused = server.client.post(path, content=srt, params={"language": "klingon"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_option")


def test_what_lies_behind_the_end_of_a_recording_is_kept_with_a_warning_unless_all_of_it_does(
    server: LiveServer, talk: Path
) -> None:
    recording = server.transcribed(talk)["id"]
    path = f"/recordings/{recording}/transcript/import"
    here, far = "1\n00:00:00,000 --> 00:00:09,000\nHello.\n\n", "2\n01:00:00,000 --> 01:00:01,000\nBye.\n"
    assert server.client.post(path, content=here + far).status_code == 201
    imported = read(server, recording)
    assert imported["text"].split() == ["Hello.", "Bye."]
    (warning,) = imported["made_with"]["warnings"]
    assert warning.startswith("1 of 2 segments begin after the end of the recording")
    refused = server.client.post(path, content=far)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_option")
    assert "another recording" in refused.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"\0\1\2", b"1\n00:00 --> x\nhello", b'{"segments": 1}'])
def test_what_is_no_transcript_is_refused(server: LiveServer, talk: Path, content: bytes) -> None:
    other = server.upload(talk, transcribe="false")["recording"]["id"]
    answer = server.client.post(f"/recordings/{other}/transcript/import", content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_option")
    assert server.client.get(f"/recordings/{other}/transcript").status_code == 404


def test_several_recordings_are_exported_as_one_file(
    server: LiveServer, recording: str, bundled: Path
) -> None:
    second = server.transcribed(bundled)["id"]
    answer = server.client.post(
        "/exports", json={"recording_ids": [recording, second], "formats": ["srt", "txt"]}
    )
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    stem = bundled.stem
    assert sorted(names) == sorted([f"{stem}.srt", f"{stem}.txt", f"{stem} (2).srt", f"{stem} (2).txt"])


def test_a_title_with_slashes_makes_no_folders_where_it_is_a_file(server: LiveServer, recording: str) -> None:
    path = f"/recordings/{recording}"
    server.client.patch(path, json={"title": "../Meeting 21/11"})
    assert server.client.get(path).json()["title"] == "../Meeting 21/11"
    shown = server.client.get(f"{path}/transcript", params={"format": "txt"})
    assert 'filename=".._Meeting 21_11.txt"' in shown.headers["content-disposition"]
    assert "%2F" not in shown.headers["content-disposition"]
    archive = server.client.post("/exports", json={"recording_ids": [recording], "formats": ["txt"]})
    assert zipfile.ZipFile(io.BytesIO(archive.content)).namelist() == [".._Meeting 21_11.txt"]


def test_everything_a_person_has_is_handed_out_and_erased(server: LiveServer, meeting: Path) -> None:
    with server.member("leaver") as leaver:
        mine = server.transcribed(meeting, leaver)["id"]
        archive = zipfile.ZipFile(io.BytesIO(leaver.get("/users/me/export").content))
        assert archive.read(f"{mine}/{meeting.name}") == meeting.read_bytes()
        assert json.loads(archive.read(f"{mine}/transcript-1.json"))["text"]
        assert json.loads(archive.read(f"{mine}/recording.json"))["id"] == mine
        assert leaver.delete("/users/me/data", params={"confirm": "someone"}).status_code == 400
        assert leaver.get("/recordings").json()["items"] != []
        assert leaver.delete("/users/me/data", params={"confirm": "leaver"}).status_code == 204
        assert leaver.get("/recordings").json()["items"] == []
    assert not [blob for blob in server.service.storage.blobs() if mine in blob.key]


def test_a_lost_file_does_not_keep_a_person_from_the_rest_of_what_is_theirs(
    server: LiveServer, bundled: Path, meeting: Path
) -> None:
    with server.member("unlucky") as unlucky:
        whole, lost = (server.transcribed(file, unlucky)["id"] for file in (bundled, meeting))
        complete = zipfile.ZipFile(io.BytesIO(unlucky.get("/users/me/export").content)).namelist()
        for blob in list(server.service.storage.blobs()):
            if lost in blob.key:
                server.service.storage.delete(blob.key)
        archive = zipfile.ZipFile(io.BytesIO(unlucky.get("/users/me/export").content))
    gone = {f"{lost}/{meeting.name}", f"{lost}/transcript-1.json"}
    assert set(archive.namelist()) == {*complete, "missing.txt"} - gone
    assert archive.read(f"{whole}/{bundled.name}") == bundled.read_bytes()
    assert set(archive.read("missing.txt").decode().splitlines()[1:]) == gone


def test_an_export_that_finds_no_room_says_so_and_leaves_nothing(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server(gpu_workers=0, cpu_workers=0)
    file = write_wav(tmp_path / "long.wav", noise(400, 0.1))
    one = server.upload(file)["recording"]["id"]
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000_000, unlimited[1]))
    try:
        full = server.client.get("/users/me/export")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert (full.status_code, full.json()["code"]) == (507, "disk_full"), full.text
    assert "no room left on the server's disk" in full.json()["detail"]
    assert [path for path in (server.settings.data_dir / "work").rglob("*") if path.is_file()] == []
    with server.service.database.write() as session:
        session.execute(update(Recording).where(Recording.id == one).values(size=10**16))
    refused = server.client.get("/users/me/export")
    assert (refused.status_code, "audio=false" in refused.json()["detail"]) == (507, True), refused.text
    rest = server.client.get("/users/me/export", params={"audio": False})
    assert set(zipfile.ZipFile(io.BytesIO(rest.content)).namelist()) == {f"{one}/recording.json", "user.json"}


def test_a_preview_is_read_and_no_export(server: LiveServer, recording: str) -> None:
    def exported() -> list[str]:
        query = {"action": "transcript.exported"}
        items = server.client.get("/admin/audit", params=query).json()["items"]
        return [one["detail"]["format"] for one in items]

    before = len(exported())

    path = f"/recordings/{recording}/transcript"
    job = server.client.get(f"/recordings/{recording}").json()["job_id"]
    for address in (path, f"{path}s/1", f"/jobs/{job}/transcript"):
        already = len(exported())
        shown = server.client.get(address, params={"format": "srt", "preview": "true"})
        assert (shown.status_code, len(exported())) == (200, already)
        handed_out = server.client.get(address, params={"format": "srt"})
        assert (handed_out.content, len(exported())) == (shown.content, already + 1)
    assert exported()[: -before or None] == ["srt"] * 3

"""What people find by what they type."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auricle.store.database import Database, open_database
from auricle.store.schema import Base, Recording, RecordingTag, Tag, User, new_id, now
from auricle.store.search import (
    Hit,
    Piece,
    index_title,
    index_transcript,
    mark,
    parse,
    remove,
    retitle,
    search,
    words_of,
)
from auricle.store.search_index import create_index, drop_index
from auricle.transcript import MadeWith, Segment, Speaker, Transcript


@pytest.fixture
def database(any_database: str) -> Iterator[Database]:
    database = open_database(any_database)
    Base.metadata.create_all(database.writer)
    with database.writer.begin() as connection:
        create_index(connection)
    with database.write() as session:
        session.add_all([User(id="anna", name="anna"), User(id="ben", name="ben")])
    yield database
    database.close()


def add(
    database: Database,
    title: str,
    *said: str,
    owner: str = "anna",
    speakers: tuple[str, ...] = (),
    **row: object,
) -> str:
    """A recording in which these sentences are said, ten seconds each."""
    with database.write() as session:
        recording = Recording(
            id=new_id(),
            owner_id=owner,
            title=title,
            filename="f.wav",
            media_type="audio/wav",
            size=1,
            blob="b",
            **row,
        )
        session.add(recording)
        session.flush()
        if said:
            segments = tuple(Segment(10.0 * n, 10.0 * n + 9, text, id=n) for n, text in enumerate(said))
            people = tuple(Speaker(f"s{n}", name) for n, name in enumerate(speakers))
            transcript = Transcript("en", 10.0 * len(said), segments, MadeWith("fake", "m"), speakers=people)
            index_transcript(session, recording, transcript)
        else:
            index_title(session, recording)
        return recording.id


def find(database: Database, query: str, owner: str = "anna", **how: object) -> list[str]:
    return [hit.recording_id for hit in hits(database, query, owner, **how)]


def hits(database: Database, query: str, owner: str = "anna", **how: object) -> list[Hit]:
    with database.read() as session:
        found, _ = search(session, owner, query, **how)
        return found


def plain(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.match else piece.text for piece in pieces)


def test_what_is_said_is_found_with_the_moment_to_jump_to(database: Database) -> None:
    recording = add(database, "Monday", "Good morning.", "The budget is late.", "Goodbye.")
    (hit,) = hits(database, "budget ")
    assert hit.recording_id == recording
    assert [(one.start, one.segment_id, plain(one.text)) for one in hit.snippets] == [
        (10.0, 1, "The [budget] is late.")
    ]


def test_titles_come_first_and_then_the_newest(database: Database) -> None:
    titled = add(database, "Budget meeting", "Hello.")
    older = add(database, "Monday", "The budget.")
    newer = add(database, "Tuesday", "The budget.")
    assert find(database, "budget") == [titled, newer, older]
    assert plain(hits(database, "budg")[0].title) == "[Budget] meeting"


def test_all_words_have_to_occur_somewhere_in_the_recording(database: Database) -> None:
    both = add(database, "Plans", "We need apples.", "And plums.", speakers=("Carla",))
    add(database, "Plans", "We need apples.")
    assert find(database, "plums apples plans carla ") == [both]


def test_the_last_word_may_be_unfinished_unless_a_space_follows(database: Database) -> None:
    recording = add(database, "Talk", "An interesting thought.")
    assert find(database, "inter") == [recording]
    assert find(database, "inter ") == []
    assert find(database, "inter thought") == []


def test_words_in_quotes_follow_one_another(database: Database) -> None:
    recording = add(database, "Talk", "The red house.", "Green garden.")
    add(database, "Other", "The house is red.")
    assert find(database, '"red house"') == [recording]
    assert find(database, '"house green"') == [recording]


def test_a_word_after_a_minus_must_not_occur(database: Database) -> None:
    kept = add(database, "Talk", "Apples and plums.")
    add(database, "Talk", "Apples and pears.")
    assert find(database, "apples -pears") == [kept]
    assert find(database, "-pears") == []


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ("Über die Straße", "uber strasse "),
        ("Crème brûlée", "CREME brulee "),
        ("Привет мир", "МИР "),
        ("今日は東京に行きます", "東京"),
        ("สวัสดีชาวโลก", "ชาวโลก"),
        ("It's 3.5 per cent", "3.5 "),
        ("ＦＵＬＬ width", "full "),
        ("naïve", "naive"),
    ],
)
def test_case_accents_and_scripts_without_spaces_do_not_matter(
    database: Database, said: str, query: str
) -> None:
    recording = add(database, "Talk", said)
    assert find(database, query) == [recording]
    (hit,) = hits(database, query)
    assert any(piece.match for piece in hit.snippets[0].text)
    assert "".join(piece.text for piece in hit.snippets[0].text) == said


def test_nobody_finds_what_belongs_to_another(database: Database) -> None:
    of_ben = add(database, "Secret", "The secret plan.", owner="ben")
    assert find(database, "secret") == []
    assert find(database, "secret", "ben") == [of_ben]


def test_the_trash_is_not_searched(database: Database) -> None:
    add(database, "Talk", "Apples.", deleted_at=now())
    assert find(database, "apples") == []


def test_results_can_be_narrowed_and_paged(database: Database) -> None:
    recordings = [add(database, "Talk", f"Apples {number}.", language="en") for number in range(5)]
    with database.write() as session:
        tag = Tag(owner_id="anna", name="fruit")
        session.add(tag)
        session.flush()
        session.add(RecordingTag(recording_id=recordings[2], tag_id=tag.id))
    assert find(database, "apples ", tag="fruit") == [recordings[2]]
    assert find(database, "apples ", language="de") == []
    assert find(database, "apples ", limit=2, offset=1) == recordings[3:1:-1]
    with database.read() as session:
        assert search(session, "anna", "apples ", limit=2)[1] is True
        assert search(session, "anna", "apples ", limit=2, offset=3)[1] is False


def test_a_new_title_replaces_the_old_one(database: Database) -> None:
    recording = add(database, "Draft", "Apples.")
    with database.write() as session:
        row = session.get_one(Recording, recording)
        row.title = "Final version"
        retitle(session, row)
    assert find(database, "draft") == []
    assert find(database, "final apples") == [recording]


def test_a_new_transcript_replaces_the_old_one(database: Database) -> None:
    recording = add(database, "Talk", "Apples.", "Plums.")
    with database.write() as session:
        row = session.get_one(Recording, recording)
        pears = Transcript("en", 5.0, (Segment(0, 1, "Pears."),), MadeWith("fake", "m"))
        index_transcript(session, row, pears)
    assert find(database, "apples") == []
    assert find(database, "pears") == [recording]


def test_what_was_removed_is_not_found(database: Database) -> None:
    recording = add(database, "Talk", "Apples.")
    with database.write() as session:
        remove(session, recording)
    assert find(database, "apples") == find(database, "talk") == []


def test_the_end_of_a_very_long_transcript_is_found_too(database: Database) -> None:
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=12)) for _ in range(60_000)]
    sentences = [" ".join(words[begin : begin + 20]) for begin in range(0, len(words), 20)]
    recording = add(database, "Court day", "Alphabeginning.", *sentences, "Omegaending.")
    assert find(database, "omegaending ") == [recording]
    assert find(database, "alphabeginning omegaending court ") == [recording]
    assert find(database, f"{words[30_000]} -omegaending") == []
    assert [round(one.start) for one in hits(database, words[31_234])[0].snippets] == [
        10 * (31_234 // 20 + 1)
    ]


def test_the_snippets_with_most_of_the_query_are_shown_in_the_order_of_time(database: Database) -> None:
    add(database, "Talk", "Red.", "Red.", "Blue.", "Red and blue.", "Red.")
    (hit,) = hits(database, "red blue")
    assert [one.start for one in hit.snippets] == [0.0, 10.0, 30.0]


@given(query=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_nothing_a_person_types_breaks_the_search(database: Database, query: str) -> None:
    find(database, query)


@pytest.mark.parametrize(
    "query", ['"', "'", "* ", "a AND OR NOT", "title:x", "a* (b", "'); DROP TABLE x;--", "\0", "a:b&c|!d"]
)
def test_operators_of_the_index_have_no_meaning(database: Database, query: str) -> None:
    find(database, query)
    assert find(database, "") == []


def test_the_index_can_be_dropped_and_made_again(database: Database) -> None:
    with database.writer.begin() as connection:
        drop_index(connection)
        create_index(connection)


def test_a_query_is_folded_like_a_text() -> None:
    assert [term.words for term in parse('Crème "Red House" -Été')] == [
        ("creme",),
        ("red", "house"),
        ("ete",),
    ]
    assert words_of("東京は") == ["東", "京", "は"]
    assert plain(mark("Éclair, éclairs", parse("eclair "))) == "[Éclair], éclairs"

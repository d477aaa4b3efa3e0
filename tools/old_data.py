"""Make tests/fixtures/old-data: an SQLite file as this version's first migration leaves it, with a recording.

Run it only when a version is released, under the name of its newest migration; older files stay as they are.
"""

from datetime import datetime
from pathlib import Path

from auricle.store.database import open_database
from auricle.store.schema import LOCAL_USER, Job, Recording, TranscriptVersion
from auricle.store.search import index_transcript
from auricle.store.upgrade import head, upgrade
from auricle.transcript import MadeWith, Segment, Speaker, Transcript

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "old-data"


def main() -> None:
    file = FOLDER / f"auricle-{head()}.db"
    file.unlink(missing_ok=True)
    database = open_database(f"sqlite:///{file}")
    upgrade(database)
    segment = Segment(0.0, 2.5, "The budget is late.", speaker="a")
    transcript = Transcript(
        "en", 3.0, (segment,), MadeWith("fake", "m"), speakers=(Speaker("a", "Anna", 2.5),)
    )
    at = datetime(2026, 11, 21)
    common = {"owner_id": LOCAL_USER, "created_at": at}
    with database.write() as session:
        recording = Recording(
            id="019aa4c3000000000000000a",
            title="Budget meeting",
            filename="meeting.wav",
            media_type="audio/wav",
            size=96_044,
            sha256="0" * 64,
            blob="recordings/019aa4c3000000000000000a/source",
            duration=3.0,
            language="en",
            speakers=["Anna"],
            transcript_id="019aa4c3000000000000000c",
            job_id="019aa4c3000000000000000b",
            changed_at=at,
            **common,
        )
        session.add(recording)
        session.flush()
        session.add(
            Job(id=recording.job_id, recording_id=recording.id, state="done", finished_at=at, **common)
        )
        session.add(
            TranscriptVersion(
                id=recording.transcript_id,
                recording_id=recording.id,
                number=1,
                kind="machine",
                blob=f"transcripts/{recording.id}/{recording.transcript_id}.json",
                job_id=recording.job_id,
                words=4,
                **common,
            )
        )
        index_transcript(session, recording, transcript)
    database.close()


if __name__ == "__main__":
    main()

"""All tables, the local user, and the search index."""

import sqlalchemy as sa
from alembic import op

from auricle.store.schema import LOCAL_USER, now
from auricle.store.search_index import create_index, drop_index

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "chore",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("every", sa.Double(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_chore"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_user_id", "event", ["user_id"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=500), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("name", name="uq_user_name"),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_api_key_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.create_index("ix_api_key_owner_id", "api_key", ["owner_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_outbox_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due", "outbox", ["delivered_at", "due_at"], unique=False)
    op.create_index("ix_outbox_owner_id", "outbox", ["owner_id"], unique=False)
    op.create_table(
        "recording",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("filename", sa.String(length=500), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("blob", sa.String(length=300), nullable=False),
        sa.Column("preview_blob", sa.String(length=300), nullable=True),
        sa.Column("peaks_blob", sa.String(length=300), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("media", sa.JSON(), nullable=True),
        sa.Column("speakers", sa.JSON(), nullable=False),
        sa.Column("transcript_id", sa.String(length=32), nullable=True),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_recording_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
    )
    op.create_index("ix_recording_deleted", "recording", ["deleted_at"], unique=False)
    op.create_index(
        "ix_recording_newest", "recording", ["owner_id", "deleted_at", "created_at", "id"], unique=False
    )
    op.create_index("ix_recording_same", "recording", ["owner_id", "sha256"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_session_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"], unique=False)
    op.create_table(
        "stage_result",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name="fk_stage_result_owner_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_stage_result"),
    )
    op.create_index("ix_stage_result_same", "stage_result", ["owner_id", "sha256"], unique=False)
    op.create_index("ix_stage_result_used_at", "stage_result", ["used_at"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_tag_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("owner_id", "name", name="uq_tag_owner_id_name"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("filename", sa.String(length=500), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("part_size", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(length=300), nullable=False),
        sa.Column("token", sa.String(length=1000), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_upload_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"], unique=False)
    op.create_index("ix_upload_owner_id", "upload", ["owner_id"], unique=False)
    op.create_table(
        "usage",
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("audio_seconds", sa.Double(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_usage_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "day", name="pk_usage"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("fresh_from", sa.String(length=40), nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("transcript_id", sa.String(length=32), nullable=True),
        sa.Column("idempotency_key", sa.String(length=300), nullable=True),
        sa.Column("idempotency_hash", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_job_owner_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_job_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("owner_id", "idempotency_key", name="uq_job_owner_id_idempotency_key"),
    )
    op.create_index("ix_job_newest", "job", ["owner_id", "created_at", "id"], unique=False)
    op.create_index("ix_job_recording_id", "job", ["recording_id"], unique=False)
    op.create_index("ix_job_state", "job", ["state", "finished_at"], unique=False)
    op.create_table(
        "passage",
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_passage_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", "number", name="pk_passage"),
    )
    op.create_table(
        "recording_tag",
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("tag_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_recording_tag_recording_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_recording_tag_tag_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recording_id", "tag_id", name="pk_recording_tag"),
    )
    op.create_index("ix_recording_tag_tag_id", "recording_tag", ["tag_id"], unique=False)
    op.create_table(
        "search_document",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_search_document_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_document"),
    )
    op.create_index("ix_search_document_owner_parts", "search_document", ["owner_id", "parts"], unique=False)
    op.create_index("ix_search_document_recording_id", "search_document", ["recording_id"], unique=False)
    op.create_table(
        "transcript",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("blob", sa.String(length=300), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=True),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("engine", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=300), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name="fk_transcript_owner_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_transcript_recording_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transcript"),
        sa.UniqueConstraint("recording_id", "number", name="uq_transcript_recording_id_number"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("rank", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_task_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint("job_id", "stage", "number", name="uq_task_job_id_stage_number"),
    )
    op.create_index("ix_task_due", "task", ["state", "queue", "due_at"], unique=False)
    op.create_index("ix_task_owner", "task", ["owner_id", "state"], unique=False)
    op.create_index("ix_task_recent", "task", ["stage", "state", "finished_at"], unique=False)
    op.create_table(
        "segment",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=32), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_segment_task_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "attempt", "number", name="pk_segment"),
    )
    op.create_index("ix_segment_job_id", "segment", ["job_id"], unique=False)
    user = sa.table("user", *(sa.column(name) for name in ("id", "name", "role", "disabled", "created_at")))
    op.execute(
        user.insert().values(id=LOCAL_USER, name=LOCAL_USER, role="admin", disabled=False, created_at=now())
    )
    create_index(op.get_bind())


def downgrade() -> None:
    drop_index(op.get_bind())
    op.drop_index("ix_segment_job_id", table_name="segment")
    op.drop_table("segment")
    op.drop_index("ix_task_recent", table_name="task")
    op.drop_index("ix_task_owner", table_name="task")
    op.drop_index("ix_task_due", table_name="task")
    op.drop_table("task")
    op.drop_table("transcript")
    op.drop_index("ix_search_document_recording_id", table_name="search_document")
    op.drop_index("ix_search_document_owner_parts", table_name="search_document")
    op.drop_table("search_document")
    op.drop_index("ix_recording_tag_tag_id", table_name="recording_tag")
    op.drop_table("recording_tag")
    op.drop_table("passage")
    op.drop_index("ix_job_state", table_name="job")
    op.drop_index("ix_job_recording_id", table_name="job")
    op.drop_index("ix_job_newest", table_name="job")
    op.drop_table("job")
    op.drop_table("usage")
    op.drop_index("ix_upload_owner_id", table_name="upload")
    op.drop_index("ix_upload_expires_at", table_name="upload")
    op.drop_table("upload")
    op.drop_table("tag")
    op.drop_index("ix_stage_result_used_at", table_name="stage_result")
    op.drop_index("ix_stage_result_same", table_name="stage_result")
    op.drop_table("stage_result")
    op.drop_index("ix_session_user_id", table_name="session")
    op.drop_table("session")
    op.drop_index("ix_recording_same", table_name="recording")
    op.drop_index("ix_recording_newest", table_name="recording")
    op.drop_index("ix_recording_deleted", table_name="recording")
    op.drop_table("recording")
    op.drop_index("ix_outbox_owner_id", table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_api_key_owner_id", table_name="api_key")
    op.drop_table("api_key")
    op.drop_table("worker")
    op.drop_table("user")
    op.drop_index("ix_event_user_id", table_name="event")
    op.drop_table("event")
    op.drop_table("chore")

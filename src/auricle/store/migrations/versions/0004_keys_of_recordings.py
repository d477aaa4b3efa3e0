"""The Idempotency-Key of a recording that was stored without a job."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("recording", sa.Column("idempotency_key", sa.String(300), nullable=True))
    op.create_index("ix_recording_key", "recording", ["owner_id", "idempotency_key"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_recording_key", "recording")
    op.drop_column("recording", "idempotency_key")

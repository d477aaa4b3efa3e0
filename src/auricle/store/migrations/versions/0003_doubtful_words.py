"""How many words of a recording's transcript somebody should listen to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("recording", sa.Column("doubtful", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("recording", "doubtful")

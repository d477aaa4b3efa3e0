"""Set-up links, quotas of single people, and scopes for the keys there are."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_QUOTAS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("quota_space", sa.BigInteger()),
    ("quota_minutes", sa.Double()),
    ("max_open_jobs", sa.Integer()),
)


def upgrade() -> None:
    op.create_table(
        "setup_link",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name="fk_setup_link_user_id_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_setup_link"),
    )
    op.create_index("ix_setup_link_user_id", "setup_link", ["user_id"], unique=False)
    for name, kind in _QUOTAS:
        op.add_column("user", sa.Column(name, kind, nullable=True))
    op.add_column("session", sa.Column("address", sa.String(length=60), nullable=False, server_default=""))
    # Keys could do everything their owner could, until now.
    keys = sa.table("api_key", sa.column("owner_id"), sa.column("scopes", sa.JSON()))
    people = sa.table("user", sa.column("id"), sa.column("role"))
    admins = sa.select(people.c.id).where(people.c.role == "admin")
    op.execute(keys.update().values(scopes=["transcribe", "read", "write"]))
    op.execute(
        keys.update()
        .where(keys.c.owner_id.in_(admins))
        .values(scopes=["transcribe", "read", "write", "metrics", "admin"])
    )


def downgrade() -> None:
    keys = sa.table("api_key", sa.column("scopes", sa.JSON()))
    op.execute(keys.update().values(scopes=[]))
    op.drop_column("session", "address")
    for name, _ in reversed(_QUOTAS):
        op.drop_column("user", name)
    op.drop_index("ix_setup_link_user_id", table_name="setup_link")
    op.drop_table("setup_link")

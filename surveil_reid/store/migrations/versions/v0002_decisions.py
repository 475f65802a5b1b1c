"""Decisions keep what they changed and are never numbered twice; models keep a calibration."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model", sa.Column("calibration", sa.JSON()))
    with op.batch_alter_table(
        "decision", recreate="auto", table_kwargs={"sqlite_autoincrement": True}
    ) as decision:
        decision.add_column(sa.Column("changes", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("decision") as decision:
        decision.alter_column("changes", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("decision", table_kwargs={"sqlite_autoincrement": False}) as decision:
        decision.drop_column("changes")
    op.drop_column("model", "calibration")  # in place: tracklets refer to the table

"""Tracklets that are gone are written down: an index need not compare itself with all rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gone",
        sa.Column("tracklet_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tracklet_id", name=op.f("pk_gone")),
    )
    op.create_index(op.f("ix_gone_revision"), "gone", ["revision"])


def downgrade() -> None:
    op.drop_index(op.f("ix_gone_revision"), table_name="gone")
    op.drop_table("gone")

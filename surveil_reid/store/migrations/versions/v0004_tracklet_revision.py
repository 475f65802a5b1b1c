"""Tracklets say when they last changed, and stores who they are: an index can catch up."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revision", sa.Column("store", sa.String(32), server_default="", nullable=False))
    table = sa.table("revision", sa.column("store"))
    op.execute(sa.update(table).values(store=uuid.uuid4().hex))
    op.add_column(
        "tracklet", sa.Column("revision", sa.Integer(), server_default="0", nullable=False)
    )
    # An index from before may be of any age: whatever is there counts as changed just now.
    op.execute("UPDATE tracklet SET revision = (SELECT number FROM revision)")
    op.create_index(op.f("ix_tracklet_revision"), "tracklet", ["revision"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tracklet_revision"), table_name="tracklet")
    op.drop_column("tracklet", "revision")
    op.drop_column("revision", "store")

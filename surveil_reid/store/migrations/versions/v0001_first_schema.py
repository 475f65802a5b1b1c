"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BLOB = sa.LargeBinary(2**32 - 1)


def upgrade() -> None:
    _create_camera()
    _create_recording()
    _create_segment()
    _create_model()
    _create_tracklet()
    _create_track_part()
    _create_crop()
    _create_identity()
    _create_membership()
    _create_decision()
    _create_event()
    _create_revision()


def downgrade() -> None:
    for table in (
        "revision",
        "event",
        "decision",
        "membership",
        "identity",
        "crop",
        "track_part",
        "tracklet",
        "model",
        "segment",
        "recording",
        "camera",
    ):
        op.drop_table(table)


def _create_camera() -> None:
    op.create_table(
        "camera",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera")),
        sa.UniqueConstraint("name", name=op.f("uq_camera_name")),
    )


def _create_recording() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("start_known", sa.Boolean(), nullable=False),
        sa.Column("duration", sa.Double()),
        sa.Column("fps", sa.Double(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("analysed", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_recording_camera_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("sha256", name=op.f("uq_recording_sha256")),
    )
    op.create_index(op.f("ix_recording_camera_id_start"), "recording", ["camera_id", "start"])


def _create_segment() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("detections", _BLOB, nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_segment_recording_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("recording_id", "number", name=op.f("uq_segment_recording_id_number")),
    )


def _create_model() -> None:
    op.create_table(
        "model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("preprocessing", sa.JSON(), nullable=False),
        sa.Column("linking", sa.JSON(), nullable=False),
        sa.Column("linking_similarity", sa.Double()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("sha256", name=op.f("uq_model_sha256")),
    )


def _create_tracklet() -> None:
    op.create_table(
        "tracklet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("live", sa.Integer()),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("model_id", sa.Integer()),
        sa.Column("descriptor", _BLOB),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_tracklet_camera_id")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_tracklet_model_id")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name=op.f("fk_tracklet_recording_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracklet")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tracklet_camera_id_end"), "tracklet", ["camera_id", "end"])
    op.create_index(op.f("ix_tracklet_end"), "tracklet", ["end"])
    op.create_index(op.f("ix_tracklet_camera_id_live"), "tracklet", ["camera_id", "live"])
    op.create_index(op.f("ix_tracklet_model_id"), "tracklet", ["model_id"])
    op.create_index(op.f("ix_tracklet_recording_id"), "tracklet", ["recording_id"])


def _create_track_part() -> None:
    op.create_table(
        "track_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tracklet_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("track", _BLOB, nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_track_part_recording_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tracklet_id"],
            ["tracklet.id"],
            name=op.f("fk_track_part_tracklet_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track_part")),
    )
    op.create_index(op.f("ix_track_part_recording_id"), "track_part", ["recording_id"])
    op.create_index(op.f("ix_track_part_tracklet_id"), "track_part", ["tracklet_id"])


def _create_crop() -> None:
    op.create_table(
        "crop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tracklet_id", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("box", _BLOB, nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("embedding", _BLOB),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_crop_recording_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tracklet_id"], ["tracklet.id"], name=op.f("fk_crop_tracklet_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crop")),
    )
    op.create_index(op.f("ix_crop_file"), "crop", ["file"])
    op.create_index(op.f("ix_crop_recording_id"), "crop", ["recording_id"])
    op.create_index(op.f("ix_crop_tracklet_id"), "crop", ["tracklet_id"])


def _create_identity() -> None:
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sqlite_autoincrement=True,
    )


def _create_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("tracklet_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.CheckConstraint("made_by IN ('system', 'reviewer')", name=op.f("ck_membership_made_by")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["identity.id"],
            name=op.f("fk_membership_identity_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tracklet_id"],
            ["tracklet.id"],
            name=op.f("fk_membership_tracklet_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tracklet_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_identity_id"), "membership", ["identity_id"])


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("made_by", sa.Text()),
        sa.Column("undone_at", sa.Double()),
        sa.CheckConstraint(
            "kind IN ('confirm', 'reject', 'merge', 'split')", name=op.f("ck_decision_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )


def _create_event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.Text()),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )


def _create_revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    numbers = sa.table("revision", sa.column("id", sa.Integer), sa.column("number", sa.Integer))
    op.bulk_insert(numbers, [{"id": 1, "number": 0}])

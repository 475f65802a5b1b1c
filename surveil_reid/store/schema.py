"""The tables. Every change here needs a migration beside it; a test compares the two.

Times are UTC seconds since 1970 in double precision. Vectors are little-endian float32; box tracks
and detections are the blobs of `codec`. Nothing here is particular to SQLite.
"""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION: Final = "0005"  # of the newest migration

# A length makes MySQL choose LONGBLOB over its BLOB of 64 KiB; other databases ignore it.
_BLOB = LargeBinary(2**32 - 1)
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base of all tables; constraints have names so that migrations can drop them."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it as a plain class attribute
        bytes: _BLOB,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        float: Double,
    }


class CameraRow(Base):
    """A fixed view with a name."""

    __tablename__ = "camera"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)


class RecordingRow(Base):
    """One video file of one camera, and how far it has been processed."""

    __tablename__ = "recording"
    __table_args__ = (Index(None, "camera_id", "start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("camera.id"))
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    start: Mapped[float]
    start_known: Mapped[bool]
    duration: Mapped[float | None]
    fps: Mapped[float]
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int] = mapped_column(default=0)
    analysed: Mapped[int] = mapped_column(default=0)
    progress: Mapped[int] = mapped_column(default=0)
    complete: Mapped[bool] = mapped_column(default=False)
    options: Mapped[dict[str, Any]]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str | None] = mapped_column(Text)


class SegmentRow(Base):
    """The detections of one committed piece of a recording."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("recording_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    number: Mapped[int]
    detections: Mapped[bytes]


class ModelRow(Base):
    """An embedder whose embeddings the store holds or held."""

    __tablename__ = "model"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    dim: Mapped[int]
    preprocessing: Mapped[dict[str, Any]]
    linking: Mapped[list[dict[str, Any]]]
    linking_similarity: Mapped[float | None]
    calibration: Mapped[dict[str, Any] | None]
    source: Mapped[str] = mapped_column(Text)


class RevisionRow(Base):
    """One row, `id` 1: grows whenever tracklets, descriptors or doubtful flags change.

    `store` is a random name, no other store's.
    """

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    store: Mapped[str] = mapped_column(String(32), server_default="")


_NEXT_REVISION = select(RevisionRow.number + 1).scalar_subquery()


class TrackletRow(Base):
    """One person in one camera. `live` is the tracker's number while still in view.

    `revision` is what the store's is raised to by the transaction that last changed the row.
    """

    __tablename__ = "tracklet"
    __table_args__ = (
        Index(None, "camera_id", "live"),
        Index(None, "camera_id", "end"),
        Index(None, "end"),
        {"sqlite_autoincrement": True},  # reviewers' decisions name tracklets for good
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("camera.id"))
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id"), index=True)
    start: Mapped[float]
    end: Mapped[float]
    live: Mapped[int | None]
    doubtful: Mapped[bool] = mapped_column(default=False)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"), index=True)
    descriptor: Mapped[bytes | None]
    revision: Mapped[int] = mapped_column(
        default=_NEXT_REVISION, onupdate=_NEXT_REVISION, server_default="0", index=True
    )


class GoneRow(Base):
    """A tracklet that is deleted, and what the store's revision was raised to by that."""

    __tablename__ = "gone"

    tracklet_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(default=_NEXT_REVISION, server_default="0", index=True)


class TrackPartRow(Base):
    """A piece of a tracklet's box track, within one recording; pieces are only ever added."""

    __tablename__ = "track_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    tracklet_id: Mapped[int] = mapped_column(
        ForeignKey("tracklet.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    start: Mapped[float]
    end: Mapped[float]
    track: Mapped[bytes]


class CropRow(Base):
    """One kept picture of a tracklet; `box` is four float32, `file` a name in the crop folder."""

    __tablename__ = "crop"

    id: Mapped[int] = mapped_column(primary_key=True)
    tracklet_id: Mapped[int] = mapped_column(
        ForeignKey("tracklet.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    frame: Mapped[int]
    time: Mapped[float]
    box: Mapped[bytes]
    quality: Mapped[float]
    file: Mapped[str] = mapped_column(String(80), index=True)
    embedding: Mapped[bytes | None]


class IdentityRow(Base):
    """Somebody; the number is never given to anybody else."""

    __tablename__ = "identity"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[float]


class MembershipRow(Base):
    """Which identity a tracklet belongs to, how surely, and who says so."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("made_by IN ('system', 'reviewer')", name="made_by"),)

    tracklet_id: Mapped[int] = mapped_column(
        ForeignKey("tracklet.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    identity_id: Mapped[int] = mapped_column(
        ForeignKey("identity.id", ondelete="CASCADE"), index=True
    )
    score: Mapped[float]
    made_by: Mapped[str] = mapped_column(String(16))


class LinkingRow(Base):
    """One row, `id` 1, or none: what linking was told when it made the memberships."""

    __tablename__ = "linking"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    options: Mapped[dict[str, Any]]


class DecisionRow(Base):
    """What a reviewer decided, and which memberships that changed; those undone stand last."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("kind IN ('confirm', 'reject', 'merge', 'split')", name="kind"),
        {"sqlite_autoincrement": True},  # the log names decisions for good
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]]
    changes: Mapped[list[dict[str, Any]]]
    made_at: Mapped[float]
    made_by: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[float | None]


class EventRow(Base):
    """One line of the log of all writes and searches; rows are only ever added."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    who: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]

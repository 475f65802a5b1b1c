"""What a store holds, read past our own code, so that two stores can be compared to the bit."""

import sqlite3
from pathlib import Path

TABLES = {
    "camera": "id, name",
    "recording": "camera_id, sha256, start, frames, analysed, progress, complete, state, note",
    "segment": "recording_id, number, detections",
    "tracklet": "id, camera_id, recording_id, start, end, live, doubtful, descriptor",
    "track_part": "tracklet_id, recording_id, start, end, track",
    "crop": "tracklet_id, recording_id, frame, time, box, quality, file, embedding",
    "membership": "tracklet_id, identity_id, score",
}


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row that processing makes, but for numbers that say nothing."""
    connection = sqlite3.connect(database)
    try:
        return {
            table: sorted(connection.execute(f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608
            for table, columns in TABLES.items()
        }
    finally:
        connection.close()


def crop_files(database: Path) -> set[str]:
    """The names of all crop files beside an SQLite store."""
    return {path.name for path in database.with_suffix(".files").rglob("*.jpg")}


def integrity(database: Path) -> tuple[list[tuple[str, ...]], list[tuple[object, ...]]]:
    """What SQLite itself finds wrong: integrity and foreign keys."""
    connection = sqlite3.connect(database)
    try:
        checked = connection.execute("PRAGMA integrity_check").fetchall()
        return checked, connection.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        connection.close()

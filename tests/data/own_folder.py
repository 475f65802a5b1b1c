"""A tiny folder of a user's own: `identity/image`, as the paper's self-collected set."""

from pathlib import Path

from data.pictures import write_litter, write_picture

FILES = {
    "anna": ("2.jpg", "1.png", "3.JPEG"),
    "bert": ("b.jpg", "a.jpg"),
    "carl": ("only.jpg",),
}


def write_own_folder(folder: Path, files: dict[str, tuple[str, ...]] = FILES) -> Path:
    """Write the pictures, with what archivers and disks leave beside them; return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for identity, names in files.items():
        for name in names:
            write_picture(folder / identity / name)
        write_litter(folder / identity)
    write_litter(folder)
    for litter in ("__MACOSX", ".git", "@eaDir"):
        write_picture(folder / litter / "x.jpg")
    return folder

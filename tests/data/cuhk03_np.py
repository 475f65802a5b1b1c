"""A tiny data set laid out and named as CUHK03-NP: PNG or JPEG, either kind of boxes."""

from pathlib import Path

from data.pictures import write_litter, write_picture

STEMS = {
    "bounding_box_train": ("0001_c1_1", "0001_c1_2", "0001_c2_6", "0002_c1_11", "0002_c2_16"),
    "query": ("0003_c1_22", "0003_c2_27"),
    "bounding_box_test": ("0003_c1_21", "0003_c1_23", "0003_c2_25"),
}


def write_cuhk03_np(folder: Path, boxes: str = "labeled", suffix: str = ".png") -> Path:
    """Write one kind of boxes into `folder` and return `folder`."""
    for part, stems in STEMS.items():
        for stem in stems:
            write_picture(folder / boxes / part / f"{stem}{suffix}")
        write_litter(folder / boxes / part)
    (folder / boxes / "mapping.csv").write_text("split,name\n")
    return folder

"""A tiny data set laid out and named as Market-1501, with its oddities."""

from pathlib import Path

from data.pictures import write_litter, write_picture

FILES = {
    "bounding_box_train": (
        "0002_c1s1_000451_03.jpg",
        "0002_c1s1_000551_01.jpg",
        "0002_c2s1_000776_01.jpg",
        "0007_c3s3_077419_03.JPG",
        "0007_c1s6_028546_01.jpg",
        "0010_c2s1_000801_01.jpg",  # an identity with one image
    ),
    "query": (
        "0001_c1s1_001051_00.jpg",
        "0001_c2s1_000301_00.jpg.jpg",  # as six of the real ones
        "0003_c1s6_015971_00.jpg",
    ),
    "bounding_box_test": (
        "0001_c1s1_001051_03.jpg",
        "0001_c2s1_000301_04.jpg",
        "0001_c3s1_000551_01.jpg",
        "0003_c1s6_015996_02.jpg",  # seen by one camera only
        "0000_c1s1_000151_01.jpg",
        "0000_c4s2_000376_03.jpg",
        "-1_c1s1_000401_03.jpg",
        "-1_c5s1_000451_04.jpg",
        "-1_c6s1_001351_04.jpg",
    ),
}


def write_market1501(folder: Path) -> Path:
    """Write the data set into `folder` and return it."""
    for part, names in FILES.items():
        for name in names:
            write_picture(folder / part / name)
        write_litter(folder / part)
    (folder / "readme.txt").write_text("no part of the data")
    return folder

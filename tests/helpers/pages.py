"""A written page as a browser's parser understands it, and what must hold of every page."""

import base64
import io
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
from PIL import Image as PillowImage

ADDRESSES = ("src", "poster", "href", "xlink:href", "action", "srcset", "data", "background")


class Page:
    """A parsed page; the parser is strict, so broken mark-up does not come this far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.root: Element = parser.parse(self.text)

    def all(self, *tags: str) -> list[Element]:
        """Elements of these names in order; SVG's are found without their name space."""
        return [e for e in self.root.iter() if tag(e) in tags]

    def words(self) -> str:
        """All that is to be read, spaces as one."""
        skipped = {id(e) for e in self.all("style", "script")}
        parts: list[str] = []

        def walk(element: Element) -> None:
            if id(element) not in skipped and element.text:
                parts.append(element.text)
            for child in element:
                walk(child)
                parts.append(child.tail or "")

        walk(self.root)
        return " ".join(" ".join(parts).split())

    def cells(self, caption: str) -> list[list[str]]:
        """The body of the table whose caption begins so."""
        for table in self.all("table"):
            if text(table.find("caption")).startswith(caption):
                rows = table.find("tbody")
                return [[text(cell) for cell in row] for row in (rows if rows is not None else ())]
        msg = f"no table {caption!r}"
        raise LookupError(msg)


def tag(element: Element) -> str:
    """The element's name without its name space; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def text(element: Element | None) -> str:
    """What is to be read in an element, spaces as one."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def decoded(uri: str) -> bytes:
    """The content of a data URI."""
    head, _, content = uri.partition(",")
    assert head.startswith("data:")
    assert head.endswith(";base64")
    return base64.b64decode(content, validate=True)


def check(page: Page) -> None:
    """Raise AssertionError unless the page is whole by itself, sound, and usable by everybody."""
    check_addresses(page)
    check_pictures(page)
    check_structure(page)


def check_addresses(page: Page) -> None:
    """Nothing is loaded from elsewhere, nothing runs, and links lead somewhere."""
    assert page.all("script", "iframe", "object", "embed", "base", "form") == []
    styles = "".join(text(style) for style in page.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles
    ids = [e.attrib["id"] for e in page.root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    for element in page.root.iter():
        assert not [name for name in element.attrib if name.lower().startswith("on")]
        for name in ADDRESSES:
            if (address := element.attrib.get(name)) is None:
                continue
            if address.startswith("#"):
                assert address[1:] in ids, address
            elif not address.startswith(("data:image/jpeg;base64,", "data:video/mp4;base64,")):
                assert re.fullmatch(r"clips/[^/:?#]+\.mp4", address), address[:80]
                assert (page.path.parent / unquote(address)).is_file()


def check_pictures(page: Page) -> None:
    """Every picture can be decoded, has its proportions, and is described."""
    for element in page.all("img"):
        assert element.attrib["alt"].strip()
        with PillowImage.open(io.BytesIO(decoded(element.attrib["src"]))) as image:
            image.load()
            shown = int(element.attrib["width"]) / int(element.attrib["height"])
            assert abs(shown - image.width / image.height) < 0.05
    for element in page.all("video"):
        assert element.attrib["aria-label"].strip()
        with PillowImage.open(io.BytesIO(decoded(element.attrib["poster"]))) as image:
            image.load()


def check_structure(page: Page) -> None:
    """One main heading, no level left out, a language, and labels that exist."""
    levels = [int(tag(e)[1]) for e in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert page.root.attrib["lang"] == "en"
    ids = {e.attrib["id"] for e in page.root.iter() if "id" in e.attrib}
    for element in page.root.iter():
        assert set(element.attrib.get("aria-labelledby", "").split()) <= ids
    for drawing in page.all("svg"):
        names = [tag(child) for child in drawing]
        assert names[:2] == ["title", "desc"]
    assert all(text(title) for title in page.all("title"))

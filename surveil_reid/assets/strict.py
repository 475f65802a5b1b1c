"""Strict parsing of documents: nothing is guessed, and a mistake is named with its remedy."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from surveil_reid.core import WeightsError

UNKNOWN_KEY = ("extra_forbidden", "unexpected_keyword_argument")
Document = TypeVar("Document", bound="StrictModel")


class StrictModel(BaseModel):
    """A frozen document whose keys and types must be exactly right."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def parse_strictly(kind: type[Document], value: object, where: str) -> Document:
    """Read plain JSON or YAML values as a document of one kind.

    Args:
        kind: what the document must be.
        value: the plain values.
        where: the file or header that they stand in, for the error.

    Raises:
        WeightsError: naming the place, the key, what is wrong and, for an unknown key, the
            nearest right one.
    """
    try:
        # By way of JSON, because there a strict model takes a list for a tuple.
        return kind.model_validate_json(json.dumps(value, default=str))
    except ValidationError as error:
        # An unknown key comes first: it is the cause where a required one is also missing.
        details = sorted(error.errors(), key=lambda detail: detail["type"] not in UNKNOWN_KEY)
        msg = f"{where}: {_explain(details[0], kind)}"
        raise WeightsError(msg) from error


def _explain(detail: Any, kind: type[BaseModel]) -> str:  # noqa: ANN401 (pydantic's own mapping)
    key = ".".join(str(part) for part in detail["loc"]) or "the document"
    if detail["type"] not in UNKNOWN_KEY:
        return f"{key}: {detail['msg'].lower()}"
    known = sorted(set(_keys(kind.model_json_schema())))
    near = get_close_matches(str(detail["loc"][-1]), known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}"
    return f"unknown key {key!r}; {remedy}"


def _keys(schema: dict[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    for definition in schema.get("$defs", {}).values():
        yield from _keys(definition)

"""Plain JSON or YAML values to frozen dataclasses: nothing is guessed, mistakes are named.

The library's documents are parsed by pydantic; training does without it, because it must run on a
machine that has little more than torch.
"""

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from surveil_reid.core import InputError

Document = TypeVar("Document")
EXPONENT = re.compile(r"[+-]?\d+e[+-]?\d+")
"""A number to everybody but YAML 1.1, which asks for a point in it."""

WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def parse(kind: type[Document], value: object, where: str) -> Document:
    """Read plain values as a dataclass.

    Fields may be text, numbers, truth values, literals, dataclasses, tuples and dictionaries of
    those, or any of them and None. A field's name is its key unless its metadata has a `key`.

    Args:
        kind: the dataclass; its own `__post_init__` may check further and raise `InputError`.
        value: what JSON or YAML gave.
        where: the file or place, for the error.

    Raises:
        InputError: naming the place, the key, what is wrong, and for an unknown key the nearest
            right one.
    """
    if not isinstance(value, Mapping):
        msg = f"{where}: expected keys and values, got {_shown(value)}"
        raise InputError(msg)
    hints = get_type_hints(kind)
    fields = {key_of(field): field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    _check_keys(value, fields, where)
    parsed = {
        field.name: _parse(hints[field.name], value[key], f"{where}: {key}")
        for key, field in fields.items()
        if key in value
    }
    try:
        return kind(**parsed)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from error


def plain(value: object) -> Any:  # noqa: ANN401 (whatever JSON or YAML can hold)
    """What `parse` reads: a dataclass and all that it holds as plain values."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {key_of(field): plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def key_of(field: "dataclasses.Field[Any]") -> str:
    """A field's key in a document."""
    return str(field.metadata.get("key", field.name))


def _check_keys(
    value: Mapping[Any, object], fields: "dict[str, dataclasses.Field[Any]]", where: str
) -> None:
    for key in value:
        if key not in fields:
            near = get_close_matches(str(key), list(fields), n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(fields)}"
            msg = f"{where}: unknown key {key!r}; {remedy}"
            raise InputError(msg)
    for key, field in fields.items():
        if key not in value and field.default is field.default_factory is dataclasses.MISSING:
            msg = f"{where}: the key {key!r} is missing"
            raise InputError(msg)


def _parse(hint: Any, value: object, where: str) -> Any:  # noqa: ANN401 (of the hint's type)
    """A value as its hint has it."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _parse_union(parts, value, where)
    if origin is Literal:
        return _parse_literal(parts, value, where)
    if origin is tuple:
        return _parse_tuple(parts, value, where)
    if origin is dict:
        return _parse_dict(parts, value, where)
    if dataclasses.is_dataclass(hint):
        return parse(hint, value, where)  # type: ignore[arg-type]
    return value if hint is Any else _parse_scalar(hint, value, where)


def _parse_union(parts: tuple[Any, ...], value: object, where: str) -> Any:  # noqa: ANN401
    others = [part for part in parts if part is not type(None)]
    if value is None and len(others) < len(parts):
        return None
    for part in others[:-1]:
        try:
            return _parse(part, value, where)
        except InputError:
            continue
    return _parse(others[-1], value, where)


def _parse_literal(choices: tuple[Any, ...], value: object, where: str) -> Any:  # noqa: ANN401
    for choice in choices:
        if value == choice and isinstance(value, type(choice)):
            return choice
    msg = f"{where}: must be one of {', '.join(map(str, choices))}, got {_shown(value)}"
    raise InputError(msg)


def _parse_tuple(parts: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        msg = f"{where}: must be a list, got {_shown(value)}"
        raise InputError(msg)
    hints = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
    if len(hints) != len(value):
        msg = f"{where}: must hold {len(hints)} values, got {len(value)}"
        raise InputError(msg)
    pairs = enumerate(zip(hints, value, strict=True))
    return tuple(_parse(hint, item, f"{where}[{place}]") for place, (hint, item) in pairs)


def _parse_dict(parts: tuple[Any, Any], value: object, where: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        msg = f"{where}: must hold keys and values, got {_shown(value)}"
        raise InputError(msg)
    of_key, of_value = parts
    return {
        _parse_key(of_key, key, where): _parse(of_value, item, f"{where}.{key}")
        for key, item in value.items()
    }


def _parse_key(hint: Any, key: object, where: str) -> Any:  # noqa: ANN401
    """A key; JSON has them as text only, so numbers are read from it."""
    if hint is int and isinstance(key, str) and key.isdecimal():
        return int(key)
    return _parse(hint, key, f"{where}: key {key!r}")


def _parse_scalar(kind: type, value: object, where: str) -> Any:  # noqa: ANN401
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, str) and EXPONENT.fullmatch(value):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        msg = f"{where}: must be {WORDS.get(kind, kind.__name__)}, got {_shown(value)}"
        raise InputError(msg)
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{where}: must be finite, got {value}"
        raise InputError(msg)
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"

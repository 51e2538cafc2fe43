"""Results as JSON values, and the schema and the page that say what each of them means.

All three come from the dataclasses: a value for each field and for each property named in a class's
`JSON_PROPERTIES`, without the fields of its `JSON_LEAVES_OUT`; its meaning is the string under the
field, or of the property. So a figure cannot be published without saying what it is.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from npu.configs.key_docs import field_docs

SHARES = ("utilization", "share")
"""Figures from 0 to 1."""

SIGNED = ("priority",)
"""Figures that may be negative."""


def json_value(value: Any) -> object:
    """`value`, a dataclass or something in one, as JSON has it."""
    if is_dataclass(value):
        return {name: json_value(getattr(value, name)) for name in published(type(value))}
    if isinstance(value, tuple | list):
        return [json_value(item) for item in typing.cast("tuple[Any, ...]", value)]
    if isinstance(value, dict):
        items = typing.cast("dict[str, Any]", value)
        return {key: json_value(item) for key, item in items.items()}
    return value


def published(kind: type[Any]) -> tuple[str, ...]:
    """The names of a dataclass's values in JSON."""
    hidden = getattr(kind, "JSON_LEAVES_OUT", ())
    own = tuple(field.name for field in fields(kind) if field.name not in hidden)
    return own + getattr(kind, "JSON_PROPERTIES", ())


def schema_text(root: type[Any], title: str) -> str:
    """A JSON Schema (draft 2020-12) of dataclass `root`, with every description."""
    definitions: dict[str, object] = {}
    _define(root, definitions)
    top = typing.cast("dict[str, object]", definitions.pop(root.__name__))
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **top,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=1) + "\n"


def tables(root: type[Any]) -> Iterator[str]:
    """Markdown of dataclass `root` and of each one under it: its values and their meaning."""
    kinds: list[type[Any]] = []
    _collect(root, kinds)
    for kind in kinds:
        types_of, texts = _types(kind), _texts(kind)
        yield f"## {kind.__name__}\n\n{' '.join((kind.__doc__ or '').split())}\n"
        yield "| figure | type | meaning |\n|---|---|---|"
        for name in published(kind):
            yield f"| `{name}` | {_type_text(types_of[name])} | {texts[name]} |"
        yield ""


def _collect(kind: type[Any], kinds: list[type[Any]]) -> None:
    """Adds `kind`, unless it is there, and what its values are made of, depth first."""
    if kind in kinds:
        return
    kinds.append(kind)
    types_of = _types(kind)
    for name in published(kind):
        inner = _unwrapped(types_of[name])
        if is_dataclass(inner):
            _collect(typing.cast("type[Any]", inner), kinds)


def _define(kind: type[Any], definitions: dict[str, object]) -> None:
    if kind.__name__ in definitions:
        return
    definitions[kind.__name__] = None
    types_of, texts = _types(kind), _texts(kind)
    properties = {
        name: {**_schema(types_of[name], name, definitions), "description": texts[name]}
        for name in published(kind)
    }
    definitions[kind.__name__] = {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": sorted(properties),
        "properties": properties,
    }


def _schema(kind: Any, name: str, definitions: dict[str, object]) -> dict[str, object]:
    if isinstance(kind, types.UnionType):
        options = [option for option in typing.get_args(kind) if option is not type(None)]
        return {"anyOf": [*[_schema(o, name, definitions) for o in options], {"type": "null"}]}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(typing.get_args(kind)[0], name, definitions)}
    if typing.get_origin(kind) is dict:
        items = _schema(typing.get_args(kind)[1], name, definitions)
        return {"type": "object", "additionalProperties": items}
    if is_dataclass(kind):
        described = typing.cast("type[Any]", kind)
        _define(described, definitions)
        return {"$ref": f"#/$defs/{described.__name__}"}
    if kind in (int, float):
        number: dict[str, object] = {"type": "integer" if kind is int else "number"}
        if name not in SIGNED:
            number["minimum"] = 0
        return {**number, "maximum": 1} if name in SHARES else number
    return {"type": {str: "string", bool: "boolean"}[kind]}


def _unwrapped(kind: Any) -> Any:
    """What is in a list, a mapping or an option."""
    if isinstance(kind, types.UnionType):
        return _unwrapped(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (tuple, dict):
        return _unwrapped(typing.get_args(kind)[-2 if typing.get_origin(kind) is tuple else 1])
    return kind


def _type_text(kind: Any) -> str:
    if isinstance(kind, types.UnionType):
        return f"{_type_text(typing.get_args(kind)[0])} or null"
    if typing.get_origin(kind) is tuple:
        return f"list of {_type_text(typing.get_args(kind)[0])}"
    if typing.get_origin(kind) is dict:
        return f"mapping to {_type_text(typing.get_args(kind)[1])}"
    if is_dataclass(kind):
        name = typing.cast("type[Any]", kind).__name__
        return f"[{name}](#{name.lower()})"
    return {int: "integer", float: "number", str: "text", bool: "true or false"}[kind]


def _types(kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    for name in getattr(kind, "JSON_PROPERTIES", ()):
        hints[name] = typing.get_type_hints(getattr(kind, name).fget)["return"]
    return hints


def _texts(kind: type[Any]) -> dict[str, str]:
    texts = field_docs(kind)
    for name in getattr(kind, "JSON_PROPERTIES", ()):
        texts[name] = " ".join((getattr(kind, name).__doc__ or "").split())
    return texts

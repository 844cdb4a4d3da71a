"""JSON Schemas as HTML that people read: what kind of value, within which limits, with which fields."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

Schema = dict[str, Any]

_LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
    ("minProperties", "maxProperties", " fields"),
)


def prose(text: str) -> str:
    """The little Markdown that the document uses: paragraphs, lists, `code` and **weight**."""
    return "".join(_block(block) for block in text.strip().split("\n\n"))


def phrase(text: str) -> str:
    """The same within a line."""
    coded = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", coded)


def _block(block: str) -> str:
    if not block.startswith("- "):
        return f"<p>{phrase(block)}</p>"
    items = re.split(r"\n- ", block.removeprefix("- "))
    return "<ul>" + "".join(f"<li>{phrase(item)}</li>" for item in items) + "</ul>"


def kind(schema: Schema) -> str:
    """What kind of value it is, in a few words; the parts of objects are in `fields`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for keyword, word in (("allOf", " and "), ("anyOf", " or "), ("oneOf", " or ")):
        parts = [kind(part) for part in schema.get(keyword, ()) if not _only_constrains(part)]
        if parts:
            return word.join(dict.fromkeys(parts))
    if "contentSchema" in schema:
        return f"<code>{escape(schema['contentMediaType'])}</code>: {kind(schema['contentSchema'])}"
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if "enum" in schema:
        default = f" <small>(default <code>{schema['default']}</code>)</small>" if "default" in schema else ""
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"]) + default
    return _plain_kind(schema)


def _plain_kind(schema: Schema) -> str:
    kinds = schema.get("type", "any value")
    names = [_list_of(schema) if name == "array" else name for name in ([kinds] if isinstance(kinds, str) else kinds)]
    if names == ["object"] and isinstance(others := schema.get("additionalProperties"), dict):
        return f"object of {_grouped(kind(others))}"
    limits = ", ".join(limits_of(schema))
    return " or ".join(names) + (f" <small>({limits})</small>" if limits else "")


def _list_of(schema: Schema) -> str:
    return f"list of {_grouped(kind(schema['items']))}" if "items" in schema else "list"


def _grouped(words: str) -> str:
    return f"({words})" if " or " in words else words


def _only_constrains(part: Schema) -> bool:
    """Whether a part only says more of what its whole says already, such as which fields are required."""
    return not part.keys() & {"$ref", "type", "const", "enum", "allOf", "anyOf", "oneOf", "properties"}


def limits_of(schema: Schema) -> Iterator[str]:
    """The limits of a plain value, as HTML."""
    if "format" in schema:
        yield escape(schema["format"])
    for least, most, unit in _LIMITS:
        if least in schema and most in schema:
            yield f"{schema[least]:,} to {schema[most]:,}{unit}"
        elif least in schema:
            yield f"at least {schema[least]:,}{unit}"
        elif most in schema:
            yield f"at most {schema[most]:,}{unit}"
    if "pattern" in schema and len(schema["pattern"]) <= 80:
        yield f"<code>{escape(schema['pattern'])}</code>"
    if "default" in schema:
        yield f"default <code>{escape(json.dumps(schema['default']))}</code>"


def fields(schema: Schema) -> str:
    """The fields of an object, of its parts, or of what a list has, each with its own fields below it."""
    if "contentSchema" in schema:
        return fields(schema["contentSchema"])
    if not schema.get("properties"):
        either = [found for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ())) if (found := fields(part))]
        inner = [part for name in ("items", "additionalProperties") if isinstance(part := schema.get(name), dict)]
        return '<p class="or">or</p>'.join(either) + "".join(map(fields, (*schema.get("allOf", ()), *inner)))
    required = schema.get("required", ())
    rows = "".join(_field(name, field, name in required) for name, field in schema["properties"].items())
    return f'<ul class="fields">{rows}</ul>'


def _field(name: str, schema: Schema, is_required: bool) -> str:
    optional = "" if is_required else ' <small class="optional">optional</small>'
    said = f" <span>{phrase(schema['description'])}</span>" if "description" in schema else ""
    return f"<li><code>{escape(name)}</code>{optional} {kind(schema)}{said}{fields(schema)}</li>"

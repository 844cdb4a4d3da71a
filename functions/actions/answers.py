"""What an HTTP answer's bytes mean: JSON where it says so and is, else text."""

import codecs
import re
from email.message import Message
from typing import Any

from functions.actions.json_values import parse_json

_JSON_TYPE = re.compile(r"application/([a-z0-9!#$&^_.+-]+\+)?json")
_MAX_TYPE = 500
# Python also calls punycode, idna or unicode_escape an encoding: slow, or not text as its sender meant it.
_CHARSETS = re.compile(
    r"ascii|utf-(8|16|32)(-[bl]e)?|utf-8-sig|iso8859-\d+|cp\d+|koi8-[rtu]|big5(hkscs)?|gb(k|2312|18030)"
    r"|shift_jis(_2004|x0213)?|euc_(jp|kr)|iso2022_(jp|kr)|mac-roman|tis-620"
)


def meaning(body: bytes, content_type: str) -> Any:
    """The body's value.

    A JSON answer whose value cannot be kept as it is (NaN, 1e999, a lone surrogate, too deep) stays its own text, as
    does one that is not JSON in spite of its type.
    """
    header = _header(content_type)
    if _JSON_TYPE.fullmatch(header.get_content_type()):
        try:
            return parse_json(body.decode(_charset(header)).removeprefix("\ufeff"))
        except ValueError:
            pass
    return text(body, content_type)


def text(body: bytes, content_type: str) -> str:
    """The body as text, what its charset cannot read replaced."""
    return body.decode(_charset(_header(content_type)), errors="replace")


def _header(content_type: str) -> Message:
    header = Message()
    # Python's reader looks at all that came before for each semicolon: a long header would take it minutes.
    header["Content-Type"] = content_type[:_MAX_TYPE]
    return header


def _charset(header: Message) -> str:
    """The codec of the header's charset; UTF-8 where it names none that is known."""
    try:
        name = codecs.lookup(header.get_content_charset("utf-8")).name
    except (LookupError, ValueError):
        return "utf-8"
    return name if _CHARSETS.fullmatch(name) else "utf-8"

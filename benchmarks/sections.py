"""Parts of a page that a command writes: what stands between `<!-- name -->` and `<!-- /name -->`."""

import re
from pathlib import Path


class NoSection(Exception):
    """Raised when a page has no such section, or more than one."""


def put_section(page: Path, name: str, text: str) -> None:
    """Puts a text into a section, in the place of what was there. Raises NoSection."""
    page.write_text(_pattern(name).sub(lambda _: _framed(name, text), _read(page, name)), encoding="utf-8")


def section(page: Path, name: str) -> str:
    """What is in a section now. Raises NoSection."""
    (found,) = _pattern(name).findall(_read(page, name))
    return str(found)


def _read(page: Path, name: str) -> str:
    text = page.read_text(encoding="utf-8")
    if len(_pattern(name).findall(text)) != 1:
        raise NoSection(f"{page.name} needs one section {name!r}")
    return text


def _framed(name: str, text: str) -> str:
    return f"<!-- {name} -->\n\n{text.strip()}\n\n<!-- /{name} -->"


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {re.escape(name)} -->\n\n(.*?)\n\n<!-- /{re.escape(name)} -->", re.DOTALL)

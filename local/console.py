"""The console, as `make console` has built it: a page of files that anybody may load; what it shows needs a key."""

import json
from html import escape
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

_FOLDER = Path(__file__).parents[1] / "console"
_HASHED = "assets/"
"""Where the build puts files whose names change with what is in them."""


class Console:
    """Answers for the built files, below `/`. `stream_url` is what the page connects to beside its own origin."""

    def __init__(self, stream_url: str, folder: Path = _FOLDER) -> None:
        self._built = folder / "dist"
        self._headers = headers(folder, stream_url)

    def answer(self, method: str, path: str) -> Response | None:
        """The file at `path`, or None where it is none of the console's."""
        if method not in ("GET", "HEAD"):
            return None
        if path == "/":
            return self._page()
        # Looked up by name among those that are there, so that no path leads out of the folder.
        file = self._files().get(path)
        return _whole(file, self._headers | _caching(path)) if file else None

    def _page(self) -> Response:
        page = self._built / "index.html"
        if page.exists():
            return _whole(page, self._headers | {"Cache-Control": "no-cache"})
        return HTMLResponse(_missing(), headers=self._headers | {"Cache-Control": "no-store"})

    def _files(self) -> dict[str, Path]:
        return {
            f"/{file.relative_to(self._built).as_posix()}": file for file in self._built.rglob("*") if file.is_file()
        }


def headers(folder: Path, *urls: str) -> dict[str, str]:
    """The headers that the page comes with, for a page that connects to `urls` beside its own origin."""
    found: dict[str, str] = json.loads((folder / "headers.json").read_text(encoding="utf-8"))
    origins = " ".join("{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in urls)
    return {name: value.replace(" {api} {stream}", f" {origins}") for name, value in found.items()}


def origins(url: str) -> tuple[str, ...]:
    """The origins that a page served at `url` may have, since a loopback address has several names."""
    port = urlsplit(url).port
    return (url, f"http://127.0.0.1:{port}", f"http://localhost:{port}")


def _whole(file: Path, sent: dict[str, str]) -> Response:
    """A file in one piece: of many, each would wait for the answers of the API that are made at the same time."""
    return Response(file.read_bytes(), headers=sent, media_type=guess_type(file.name)[0])


def _caching(path: str) -> dict[str, str]:
    hashed = path.startswith(f"/{_HASHED}")
    return {"Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache"}


def _missing() -> str:
    title = "The console is not built"
    text = "Run make console, then load this page again. The API works without it: see /docs."
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(text)}</p>
</body>
</html>
"""

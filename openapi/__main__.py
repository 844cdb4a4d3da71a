"""`python -m openapi [FILE]`: writes the document with its examples, which takes some seconds."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from functions import audit
from functions.routes import service
from local.service import Service
from local.settings import LocalSettings
from openapi.all_routes import visit_all
from openapi.document import Document, build
from openapi.examples import add_examples
from openapi.still_world import still_world


def main(path: Path) -> None:
    document = build()
    # The journey asks for the document as well, before there is one.
    if not service.OPENAPI.exists():
        service.OPENAPI.write_text(text_of(document), encoding="utf-8")
    with still_world() as world, Service(_SETTINGS) as local:
        add_examples(document, visit_all(local.url, world.next_request))
    path.write_text(text_of(document), encoding="utf-8")


_SETTINGS = LocalSettings(port=0, stream_port=0, aws_port=0)


def text_of(document: Document) -> str:
    """The document as it is kept: each line short enough to be compared."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else service.OPENAPI
    # The service writes its logs to standard output.
    audit.logger.setLevel("CRITICAL")
    with redirect_stdout(StringIO()):
        main(target)
    print(f"wrote {target}")

"""`python -m benchmarks.apps.echo PORT`: answers at once, for `call_api`; a path `/flaky/…` fails twice before that."""

import sys
from collections import Counter

from benchmarks.apps.http_front import serve

FAILURES = 2

_asked: Counter[str] = Counter()


def answer(path: str) -> tuple[int, object]:
    _asked[path] += 1
    return (503 if path.startswith("/flaky/") and _asked[path] <= FAILURES else 200), {"ok": True}


if __name__ == "__main__":
    serve(int(sys.argv[1]), answer)

"""What a client sent, read once from API Gateway's event and checked as it is asked for; every fault names its field.

The event: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import hashlib
import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import isinf
from typing import Any, NoReturn, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from functions.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from state_machines.limits import BODY, BODY_DEPTH, DIGITS, WAITING
from state_machines.workflow import faults_of

MAX_BODY = BODY.most
MAX_DEPTH = BODY_DEPTH.most
MAX_DIGITS = DIGITS.most
MAX_WAIT_SECONDS = WAITING.most

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Request:
    """One request; header names are in lower case."""

    event: Mapping[str, Any]
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    noted: dict[str, Any] = field(default_factory=dict)
    """What was learned on the way, for the audit line of a failure: `user`, `community`."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        # API Gateway decodes the query and leaves the path as it came.
        parameters = {name: unquote(value) for name, value in (event.get("pathParameters") or {}).items()}
        return cls(event, parameters, event.get("queryStringParameters") or {}, headers)

    @property
    def id(self) -> str:
        return str(self.event["requestContext"]["requestId"])

    # -- the body ---------------------------------------------------------------------------------------------------

    def read(self, model: type[Model]) -> Model:
        """The body as `model`. Raises as `body` does, or BadRequest naming every field."""
        try:
            return model.model_validate(self.body)
        except ValidationError as error:
            raise bad_fields(error) from None

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, a JSON object; empty where there is none.

        Raises PayloadTooLarge, UnsupportedMediaType or BadRequest, in this order.
        """
        raw = self._raw_body
        if len(raw) > MAX_BODY:
            raise PayloadTooLarge(f"The body is larger than {MAX_BODY:,} bytes", limit=MAX_BODY)
        self._check_media_type()
        if not raw.strip():
            return {}
        value = _parse_json(raw)
        if not isinstance(value, dict):
            raise BadRequest.at("body", "Send a JSON object")
        return value

    @property
    def body_digest(self) -> str:
        """A digest of what the body says, whatever its white space and the order of its fields."""
        return hashlib.sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()

    @property
    def _raw_body(self) -> bytes:
        text = self.event.get("body") or ""
        return base64.b64decode(text) if self.event.get("isBase64Encoded") else text.encode("utf-8", "surrogatepass")

    def _check_media_type(self) -> None:
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in ("", "application/json", "text/plain") and not media_type.endswith("+json"):
            raise UnsupportedMediaType("Send the body as application/json")
        # Nothing is decompressed here: a small body cannot become a large one.
        if self.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding")

    # -- headers ----------------------------------------------------------------------------------------------------

    def wait_seconds(self, default: float) -> float:
        """How long to wait for the end of the execution: `Prefer: wait=N` (RFC 7240, section 4.3)."""
        found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?([^,;\s\"]*)", self.headers.get("prefer", ""), re.IGNORECASE)
        if found is None:
            return default
        if not re.fullmatch(r"\d{1,3}", found[1], re.ASCII) or int(found[1]) > MAX_WAIT_SECONDS:
            raise BadRequest.at("Prefer", f"wait is a whole number of seconds from 0 to {MAX_WAIT_SECONDS}")
        return float(found[1])

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key, if there is one: 1 to 255 visible characters."""
        key = self.headers.get("idempotency-key")
        if key is not None and not re.fullmatch(r"[\x20-\x7e]{1,255}", key.strip()):
            raise BadRequest.at("Idempotency-Key", "Send 1 to 255 visible ASCII characters")
        return key.strip() if key is not None else None

    # -- the query --------------------------------------------------------------------------------------------------

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number, never clamped."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII) or not least <= int(text) <= most:
            raise BadRequest.at(name, f"Give a whole number from {least} to {most}")
        return int(text)

    def choice(self, name: str, choices: Iterable[str], default: str | None = None) -> str | None:
        """One of `choices`."""
        text = self.query.get(name)
        if text is None:
            return default
        allowed = list(choices)
        if text not in allowed:
            raise BadRequest.at(name, f"Give one of {', '.join(allowed)}")
        return text

    def flag(self, name: str, default: bool) -> bool:
        """`true` or `false`."""
        return self.choice(name, ("true", "false"), "true" if default else "false") == "true"

    def moment(self, name: str, end_of_day: bool = False) -> datetime | None:
        """An ISO 8601 time, taken as UTC where it names no zone; a date alone is its first moment, or its last."""
        text = self.query.get(name)
        if text is None:
            return None
        try:
            # A plus sign in a query is read as a space unless the client escapes it.
            moment = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise BadRequest.at(name, "Give an ISO 8601 time, such as 2026-11-22T14:00:00Z") from None
        if end_of_day and re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
            moment += timedelta(days=1) - timedelta(milliseconds=1)
        return moment


def bad_fields(error: ValidationError) -> BadRequest:
    """Pydantic's findings as one answer that names every field."""
    errors = [{"path": path, "message": message} for path, message in faults_of(error)]
    sentence = "; ".join(f"{fault['path']}: {fault['message']}" for fault in errors[:5])
    return BadRequest(sentence, errors=errors)


def _parse_json(raw: bytes) -> Any:
    if raw.startswith(BOM_UTF8):
        raise BadRequest.at("body", "Send UTF-8 without a byte order mark")
    try:
        value = _read_json(raw.decode("utf-8"))
        # An escaped lone surrogate is JSON but no text: nothing could store or send it.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise BadRequest.at("body", "Send valid UTF-8") from None
    except RecursionError:
        raise BadRequest.at("body", f"Nest at most {MAX_DEPTH} levels deep") from None
    except ValueError as error:
        raise BadRequest.at("body", f"Send valid JSON: {str(error)[:200]}") from None
    if _is_deeper(value, MAX_DEPTH):
        raise BadRequest.at("body", f"Nest at most {MAX_DEPTH} levels deep")
    return value


def _read_json(text: str) -> Any:
    return json.loads(
        text,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_whole,
        object_pairs_hook=_with_unique_names,
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"{text[:20]}… has more than {MAX_DIGITS:,} digits")
    return int(text)


def _with_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Of a name that comes twice, readers take the first or the last: so it is refused (RFC 7493, 2.3)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{twice[:50]!r} comes twice in one object")
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for outer in layer
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return False
    return True

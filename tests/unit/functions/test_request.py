"""A request: read from API Gateway's event, with every fault naming its field."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, create_model

from functions.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from functions.request import MAX_BODY, MAX_DEPTH, MAX_DIGITS, Request


def request(body: str | None = None, query: dict[str, str] | None = None, **headers: str) -> Request:
    return Request.from_event(
        {
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "queryStringParameters": query,
            "pathParameters": {"slug": "a%20b"},
            "requestContext": {"requestId": "request-1"},
            "body": body,
        }
    )


def path_of(error: pytest.ExceptionInfo[BadRequest]) -> str:
    (fault,) = error.value.details["errors"]
    return str(fault["path"])


class Body(BaseModel):
    model_config = ConfigDict(strict=True)

    count: int
    name: str


class TestBody:
    def test_a_body_is_read_exactly(self) -> None:
        document = {"whole": 2**53 + 1, "tenth": 0.1, "long": int("1" * 40), "text": "ü", "none": None}
        assert request(json.dumps(document)).body == document

    @pytest.mark.parametrize("body", [None, "", " \n"])
    def test_no_body_is_an_empty_object(self, body: str | None) -> None:
        assert request(body).body == {}

    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "[]",
            '"x"',
            "1",
            "null",
            '{"a": NaN}',
            '{"a": -Infinity}',
            '{"a": 1e400}',
            '{"a": "\\ud800"}',
            "{'a': 1}",
        ],
    )
    def test_what_is_not_a_json_object_is_refused(self, body: str) -> None:
        with pytest.raises(BadRequest) as error:
            _ = request(body).body
        assert path_of(error) == "body"

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ('{"a": ' + "1" * (MAX_DIGITS + 1) + "}", "11111111111111111111… has more than 4,000 digits"),
            ('{"a": {"b": 1, "c": 2, "b": 3}}', "'b' comes twice in one object"),
            ("\ufeff{}", "without a byte order mark"),
            ('{"a": -Infinity}', "-Infinity is not a JSON number"),
            ('{"a": 1' + "0" * 18 + "1234e400}", "1" + "0" * 18 + "1 is too large a number"),
        ],
    )
    def test_what_readers_do_not_agree_on_is_refused_in_plain_words(self, body: str, says: str) -> None:
        with pytest.raises(BadRequest, match=says) as error:
            _ = request(body).body
        assert path_of(error) == "body"
        assert "python" not in error.value.message.lower()
        assert "sys." not in error.value.message

    def test_a_whole_number_may_be_long(self) -> None:
        assert request('{"a": ' + "7" * MAX_DIGITS + "}").body == {"a": int("7" * MAX_DIGITS)}

    @pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, gzip", "x"])
    def test_nothing_is_decompressed(self, coding: str) -> None:
        with pytest.raises(UnsupportedMediaType, match="without a Content-Encoding"):
            _ = request("{}", content_encoding=coding).body

    def test_a_body_that_is_not_encoded_may_say_so(self) -> None:
        assert request("{}", content_encoding="Identity").body == {}

    def test_what_is_not_utf_8_is_refused(self) -> None:
        event = {"body": base64.b64encode(b'{"a": "\xff"}').decode(), "isBase64Encoded": True}
        with pytest.raises(BadRequest, match="UTF-8"):
            _ = Request.from_event(event).body

    def test_a_body_in_base64_is_decoded(self) -> None:
        event = {"body": base64.b64encode(b'{"a": 1}').decode(), "isBase64Encoded": True}
        assert Request.from_event(event).body == {"a": 1}

    def test_a_body_of_256_kib_passes_and_a_byte_more_is_too_large(self) -> None:
        around = len('{"a": ""}')
        assert len(request('{"a": "' + "ü" * ((MAX_BODY - around) // 2) + '"}').body["a"]) > 130_000
        with pytest.raises(PayloadTooLarge) as error:
            _ = request('{"a": "' + "x" * (MAX_BODY - around + 1) + '"}').body
        assert error.value.details == {"limit": MAX_BODY}

    def test_too_large_comes_before_a_wrong_type_and_that_before_a_wrong_body(self) -> None:
        with pytest.raises(PayloadTooLarge):
            _ = request("x" * (MAX_BODY + 1), content_type="text/xml").body
        with pytest.raises(UnsupportedMediaType):
            _ = request("x", content_type="text/xml").body

    @pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "text/plain", "a/b+json"])
    def test_json_is_taken_under_the_types_that_clients_send_it_with(self, kind: str) -> None:
        assert request("{}", content_type=kind).body == {}

    @pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"a":', "}")])
    def test_a_body_is_nested_as_deep_as_it_may_and_no_deeper(self, open_: str, close: str) -> None:
        def nested(levels: int) -> Request:
            return request(
                '{"a":' + open_ * (levels - 2) + ("{}" if "a" in open_ else "[]") + close * (levels - 2) + "}"
            )

        assert nested(MAX_DEPTH).body
        for levels in (MAX_DEPTH + 1, 40_000):
            with pytest.raises(BadRequest, match="Nest at most 64"):
                _ = nested(levels).body

    def test_every_field_that_does_not_fit_is_named(self) -> None:
        with pytest.raises(BadRequest) as error:
            request('{"count": "5"}').read(Body)
        faults = error.value.details["errors"]
        assert [fault["path"] for fault in faults] == ["count", "name"]
        assert error.value.message == "; ".join(f"{fault['path']}: {fault['message']}" for fault in faults)

    def test_of_many_only_the_first_five_are_in_the_sentence(self) -> None:
        with pytest.raises(BadRequest) as error:
            request("{}").read(create_model("Many", **{f"field_{n}": (int, ...) for n in range(7)}))  # type: ignore[call-overload]
        assert len(error.value.details["errors"]) == 7
        assert error.value.message.count(";") == 4
        assert "field_5" not in error.value.message

    def test_a_digest_tells_what_is_said_not_how(self) -> None:
        one = request('{"a": 1, "b": {"c": 2, "d": 3}}').body_digest
        assert one == request('{"b":{"d":3,"c":2},"a":1}').body_digest
        assert one != request('{"a": 1, "b": {"c": 2, "d": 4}}').body_digest


class TestHeaders:
    @pytest.mark.parametrize(
        ("prefer", "seconds"),
        [("wait=0", 0), ("wait=25", 25), ("respond-async, wait=10", 10), ("Wait = 7; x", 7), ('wait="3"', 3), ("x", 5)],
    )
    def test_prefer_says_how_long_to_wait(self, prefer: str, seconds: float) -> None:
        assert request(Prefer=prefer).wait_seconds(5) == seconds

    @pytest.mark.parametrize("prefer", ["wait=26", "wait=-1", "wait=1.5", "wait=", "wait=x", "wait=٣"])
    def test_another_wait_is_refused(self, prefer: str) -> None:
        with pytest.raises(BadRequest) as error:
            request(Prefer=prefer).wait_seconds(5)
        assert path_of(error) == "Prefer"

    def test_an_idempotency_key_is_taken_without_the_space_around_it(self) -> None:
        assert request(IDEMPOTENCY_KEY=" key 1 ").idempotency_key == "key 1"
        assert request().idempotency_key is None

    @pytest.mark.parametrize("key", ["", "  ", "x" * 256, "ü", "a\nb"])
    def test_another_idempotency_key_is_refused(self, key: str) -> None:
        with pytest.raises(BadRequest) as error:
            _ = request(idempotency_key=key).idempotency_key
        assert path_of(error) == "Idempotency-Key"


class TestQuery:
    def test_path_parameters_are_decoded(self) -> None:
        assert request().parameters == {"slug": "a b"}

    @pytest.mark.parametrize("text", ["", "0", "101", "-1", "1.0", "+5", " 5", "٣", "1e1", "9" * 30])
    def test_a_number_out_of_its_bounds_is_refused_and_never_clamped(self, text: str) -> None:
        with pytest.raises(BadRequest) as error:
            request(query={"limit": text}).number("limit", 20, 1, 100)
        assert path_of(error) == "limit"

    def test_a_number_that_is_not_given_is_the_default(self) -> None:
        assert request().number("limit", 20, 1, 100) == 20
        assert request(query={"limit": "100"}).number("limit", 20, 1, 100) == 100

    def test_a_choice_is_one_of_its_words_exactly(self) -> None:
        assert request(query={"sort": "asc"}).choice("sort", ("asc", "desc")) == "asc"
        assert request().choice("sort", ("asc", "desc"), "desc") == "desc"
        for word in ("ASC", "", "asc "):
            with pytest.raises(BadRequest, match="asc, desc"):
                request(query={"sort": word}).choice("sort", ("asc", "desc"))

    def test_a_flag_is_true_or_false(self) -> None:
        assert request(query={"logs": "false"}).flag("logs", True) is False
        assert request().flag("logs", True) is True
        with pytest.raises(BadRequest):
            request(query={"logs": "1"}).flag("logs", True)

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-11-22T14:00:00Z", datetime(2026, 11, 22, 14, tzinfo=UTC)),
            ("2026-11-22T14:00:00", datetime(2026, 11, 22, 14, tzinfo=UTC)),
            ("2026-11-22T14:00:00+02:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
            ("2026-11-22T14:00:00 02:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
            ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ],
    )
    def test_a_time_is_read_as_utc_unless_it_names_a_zone(self, text: str, moment: datetime) -> None:
        assert request(query={"from": text}).moment("from") == moment

    def test_a_date_is_its_last_moment_where_it_bounds_the_end(self) -> None:
        last: Any = request(query={"to": "2026-11-22"}).moment("to", end_of_day=True)
        assert last.isoformat(timespec="milliseconds") == "2026-11-22T23:59:59.999+00:00"

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "1790000000"])
    def test_what_is_no_time_is_refused(self, text: str) -> None:
        with pytest.raises(BadRequest) as error:
            request(query={"from": text}).moment("from")
        assert path_of(error) == "from"

    def test_what_is_not_given_is_no_time(self) -> None:
        assert request().moment("from") is None

import pytest

from functions.actions.urls import Url

LONGEST = ".".join(["a" * 63] * 3 + ["b" * 61])
"""A name of 253 characters, without the dot that may end it."""


@pytest.mark.parametrize(
    ("text", "authority", "host_and_port", "target"),
    [
        ("http://example.com", "example.com", "example.com:80", "/"),
        ("HTTPS://Example.COM/A?b=C#d", "example.com", "example.com:443", "/A?b=C"),
        ("https://example.com:443/", "example.com", "example.com:443", "/"),
        ("http://example.com:8080/x", "example.com:8080", "example.com:8080", "/x"),
        ("http://example.com:/x", "example.com", "example.com:80", "/x"),
        ("http://example.com./", "example.com.", "example.com.:80", "/"),
        ("http://[2001:DB8:0::1]:81/", "[2001:db8::1]:81", "[2001:db8::1]:81", "/"),
        ("http://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example:80", "/"),
        ("http://[::1]:/x:y@z", "[::1]", "[::1]:80", "/x:y@z"),
        ("http://my_service.example/", "my_service.example", "my_service.example:80", "/"),
        ("http://e.com/a b/ü?q=x y&r=ü", "e.com", "e.com:80", "/a%20b/%C3%BC?q=x%20y&r=%C3%BC"),
        ("http://e.com/a%20b?q=%C3%BC", "e.com", "e.com:80", "/a%20b?q=%C3%BC"),
        ("http://e.com?q=@http://f.com/", "e.com", "e.com:80", "/?q=@http://f.com/"),
        ("http://e.com/\\..\\x", "e.com", "e.com:80", "/%5C..%5Cx"),
        (f"http://{LONGEST}./", f"{LONGEST}.", f"{LONGEST}.:80", "/"),
    ],
)
def test_a_url_is_read_into_what_goes_on_the_wire(text: str, authority: str, host_and_port: str, target: str) -> None:
    url = Url.parse(text)
    assert (url.authority, url.host_and_port, url.target) == (authority, host_and_port, target)
    assert Url.parse(str(url)) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must start with http:// or https://"),
        ("http://e.com:1:2/", "port must be a number"),
        ("example.com", "must start with http"),
        ("//example.com/", "must start with http"),
        ("/path", "must start with http"),
        ("ftp://example.com/", "must start with http"),
        ("file:///etc/passwd", "must start with http"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "must start with http"),
        ("javascript:alert(1)", "must start with http"),
        ("unix:///var/run/docker.sock", "must start with http"),
        ("http://", "has no host"),
        ("http:///path", "has no host"),
        ("http://:80/", "has no host"),
        ("http:example.com", "has no host"),
        ("http://user@example.com/", "must not hold a user name"),
        ("http://user:word@example.com/", "must not hold a user name"),
        ("http://example.com@127.0.0.1/", "must not hold a user name"),
        ("http://example.com:80@127.0.0.1/", "must not hold a user name"),
        ("http://@127.0.0.1/", "must not hold a user name"),
        ("http://127.0.0.1\\@example.com/", "must not hold a user name"),
        ("http://example.com\\.internal/", "not a valid name"),
        ("http://127.0.0.1%2f.example.com/", "not a valid name"),
        ("http://127%2e0%2e0%2e1/", "not a valid name"),
        ("http://exa mple.com/", "not a valid name"),
        ("http://a..b/", "not a valid name"),
        ("http://.example.com/", "not a valid name"),
        ("http://example.com../", "not a valid name"),
        ("http://-a.example/", "not a valid name"),
        (f"http://{'a' * 64}.example/", "not a valid name"),
        (f"http://{'a.' * 130}example/", "not a valid name"),
        ("http://a*b/", "not a valid name"),
        ("http://exa\u2100mple.com/", "cannot be read|not a valid name"),
        ("http://[::1/", "cannot be read"),
        ("http://[::1]x/", "cannot be read|not an IPv6 address"),
        ("http://[fe80::1%25eth0]/", "not an IPv6 address"),
        ("http://[fe80::1%eth0]/", "not an IPv6 address"),
        ("http://[v1.x]/", "not an IPv6 address|cannot be read"),
        ("http://[127.0.0.1]/", "not an IPv6 address|cannot be read"),
        ("http://[::g]/", "not an IPv6 address|cannot be read"),
        ("http://example.com:0/", "port must be a number from 1 to 65535"),
        ("http://example.com:65536/", "port must be"),
        ("http://example.com:99999999999/", "port must be"),
        ("http://example.com:-1/", "port must be"),
        ("http://example.com:80a/", "port must be"),
        ("http://example.com:8 0/", "port must be"),
        ("http://example.com:٨٠/", "port must be"),
        ("http://example.com/\r\nX-Evil: 1", "control characters"),
        ("http://example.com/\n", "control characters"),
        ("http://exam\tple.com/", "control characters"),
        ("http://example.com/\x00", "control characters"),
        ("http://example.com/\ud800", "control characters"),
        ("http://example.com/" + "a" * 8_000, "at most 8000 characters"),
    ],
)
def test_what_is_no_absolute_http_url_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Url.parse(text)


@pytest.mark.parametrize("text", ["http://us3r:w0rd@example.com/", "http://s3cret host/", "http://h:s3cret/"])
def test_a_refusal_repeats_nothing_of_the_url(text: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        Url.parse(text)
    assert not any(part in str(caught.value) for part in ("us3r", "w0rd", "s3cret"))


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "https://example.com/b"),
        ("b", "https://example.com/a/b"),
        ("?q=1", "https://example.com/a/x?q=1"),
        ("//other.example/b", "https://other.example/b"),
        ("http://other.example:81/b#c", "http://other.example:81/b"),
        ("/ü x", "https://example.com/%C3%BC%20x"),
    ],
)
def test_a_location_is_resolved_against_the_url_that_gave_it(location: str, leads_to: str) -> None:
    assert str(Url.parse("https://example.com/a/x").joined(location)) == leads_to


@pytest.mark.parametrize(
    "location", ["ftp://example.com/", "http://u@h/", "/a\r\nb", "ht\ttp://h/", "http://", "http://[", "x" * 8_001]
)
def test_a_location_that_is_no_http_url_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        Url.parse("https://example.com/a/x").joined(location)


def test_a_default_port_and_another_scheme_or_case_decide_what_an_origin_is() -> None:
    origin = Url.parse("https://Example.com/").origin
    assert origin == Url.parse("https://example.com:443/x").origin
    assert origin != Url.parse("http://example.com:443/").origin
    assert origin != Url.parse("https://www.example.com/").origin


def test_a_query_is_added_to_what_the_url_has() -> None:
    assert Url.parse("http://h/a").with_query("b=1").target == "/a?b=1"
    assert Url.parse("http://h/a?b=1").with_query("c=2").target == "/a?b=1&c=2"
    assert Url.parse("http://h/a?b=1").with_query("").target == "/a?b=1"

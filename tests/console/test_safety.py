"""What the console keeps to itself, never runs and does not offer, and what it says when things go wrong."""

import json
import re
import threading
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Request, Route, expect

from tests.console.conftest import HoldingTarget
from tests.console.console import Console, opened, run_at, workflow_at
from tests.e2e.client import KEYS, UNKNOWN, Client, node, note, wait
from tests.e2e.service import RunningService

Json = Any

HURTS = '<img src=x onerror="hurt=1"><script>hurt=1</script>'
"""What a page that took text for HTML would run."""


# -- the key -----------------------------------------------------------------------------------------------------------


def test_the_key_is_in_the_tab_and_in_one_header_and_nowhere_else(
    console: Console, member: Client, service: RunningService
) -> None:
    requests: list[Request] = []
    console.page.on("request", lambda request: requests.append(request))
    workflow = member.publish(note(), wait(600_000), name="Kept")
    execution = member.run(workflow, wait=0)
    console.sign_in()
    console.open(run_at(workflow, execution))
    expect(console.fact("Live")).to_have_text("following")

    key = KEYS["member"]
    values = "storage => Array.from({ length: storage.length }, (_, i) => storage.getItem(storage.key(i)))"
    assert key in console.page.evaluate(f"({values})(sessionStorage)")
    assert key not in console.page.evaluate(f"({values})(localStorage)")
    assert key not in json.dumps([console.page.context.cookies(), console.page.url])
    assert not any(key in request.url or key in (request.post_data or "") for request in requests)
    told = [request for request in requests if key in json.dumps(request.all_headers())]
    assert told
    assert {request.all_headers().get("x-api-key") for request in told} == {key}
    assert all(request.url.startswith(f"{service.url}/api/workspaces/") for request in told)
    assert any(request.url.startswith(service.stream_url) for request in requests)

    console.button("Sign out").click()
    expect(console.button("Sign in")).to_be_visible()
    assert console.page.evaluate("sessionStorage.length") == 0


def test_a_tab_of_its_own_asks_for_the_key_again(console: Console) -> None:
    console.sign_in()
    other = console.page.context.new_page()
    other.goto(console.url)
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()


# -- what a user wrote -------------------------------------------------------------------------------------------------


def test_the_page_allows_no_script_but_its_own(console: Console, service: RunningService) -> None:
    page = httpx.get(service.url)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"].split() == ["'self'", service.stream_url]
    assert not re.search(r"<script(?![^>]* src=)|<style| on\w+=| style=", page.text)
    console.page.evaluate(
        "text => document.body.append(document.createRange().createContextualFragment(text))", HURTS.replace("x", "/")
    )
    expect(console.page.locator("body > script")).to_have_count(1)
    assert console.page.evaluate("typeof hurt") == "undefined"
    until_noticed(console, "script-src")
    console.faults.clear()


def until_noticed(console: Console, text: str) -> None:
    """Waits until the browser complains of `text`: it says so a moment after it."""
    for _ in range(100):
        if any(text in fault for fault in console.faults):
            return
        console.page.wait_for_timeout(50)
    raise AssertionError(f"no {text} in {console.faults}")


def test_what_users_wrote_is_text_wherever_it_is_shown(console: Console, member: Client, target: HoldingTarget) -> None:
    name = f"Hurts {HURTS}"
    echo = node(
        "echo", "call_api", {"url": f"{target.url}/echo", "method": "POST", "body": {HURTS: HURTS}}, label=HURTS
    )
    workflow = member.publish(echo, name=name, description=HURTS, variables={"text": HURTS})
    execution = member.run(workflow, triggerData={"text": HURTS, HURTS: 1})
    console.sign_in()
    shown(console, console.link(name))
    shown(console, console.page.get_by_text(HURTS, exact=True).first)
    for place in ("", "definition", "execute"):
        console.open(workflow_at(workflow, place))
        shown(console, console.heading(name))
    expect(console.editor("Variables, as JSON")).to_be_visible()
    console.open(run_at(workflow, execution))
    shown(console, console.page.get_by_label("Trigger data", exact=True).get_by_text(json.dumps(HURTS)[1:-1]).first)
    console.step("echo").click()
    shown(console, console.page.get_by_role("heading", name=HURTS))
    shown(console, console.page.get_by_label("Output", exact=True).get_by_text(json.dumps(HURTS)[1:-1]).first)


def shown(console: Console, text: Locator) -> None:
    """It is there to be read, and nothing came of it."""
    expect(text).to_be_visible()
    expect(console.page.locator("img, main script")).to_have_count(0)
    assert console.page.evaluate("typeof hurt") == "undefined"


# -- what a key may not do ---------------------------------------------------------------------------------------------


def test_who_may_only_look_is_offered_nothing_else(console: Console, member: Client) -> None:
    workflow = member.publish(note(), wait(600_000), name="Looked at")
    execution = member.run(workflow, wait=0)
    console.sign_in("viewer")
    expect(console.link("Looked at")).to_be_visible()
    expect(console.link("New workflow")).to_have_count(0)
    console.open(workflow_at(workflow))
    expect(console.page.get_by_role("row").nth(1)).to_be_visible()
    expect(console.link("Start a run")).to_have_count(0)
    console.open(workflow_at(workflow, "definition"))
    expect(console.page.get_by_role("status")).to_contain_text("Your key may read this definition")
    expect(console.page.get_by_role("button", name=re.compile("^Publish"))).to_have_count(0)
    definition = console.page.get_by_role("textbox", name="Definition of Looked at, as JSON")
    expect(definition).to_have_attribute("aria-readonly", "true")
    console.open(run_at(workflow, execution))
    expect(console.fact("Live")).to_have_text("following")
    expect(console.button("Copy link")).to_be_visible()
    for name in ("Cancel run", "Run again"):
        expect(console.page.get_by_text(name)).to_have_count(0)
    console.open(workflow_at(workflow, "execute"))
    expect(console.page.get_by_text("Your key may not start runs of this workflow.")).to_be_visible()
    expect(console.button("Run")).to_have_count(0)


def test_a_link_to_a_new_workflow_offers_no_publishing_to_who_may_not(console: Console) -> None:
    console.sign_in("viewer")
    console.open("/acme/workflows/new")
    expect(console.heading("Your key may not publish workflows")).to_be_visible()
    expect(console.button("Publish")).to_have_count(0)


def test_a_member_runs_what_others_own_and_does_not_change_it(console: Console, clients: dict[str, Client]) -> None:
    workflow = clients["admin"].publish(note(), name="Of the admin")
    console.sign_in("member")
    console.open(workflow_at(workflow))
    expect(console.link("Start a run").first).to_be_visible()
    console.open(workflow_at(workflow, "definition"))
    expect(console.page.get_by_role("status")).to_contain_text("Your key may read this definition")
    expect(console.page.get_by_role("button", name=re.compile("^Publish"))).to_have_count(0)


# -- when things go wrong ----------------------------------------------------------------------------------------------


def test_a_key_that_is_taken_away_leads_back_to_the_form(console: Console) -> None:
    console.sign_in()
    console.page.evaluate("sessionStorage.setItem('key', 'taken-away')")
    console.page.reload()
    alert = console.page.get_by_role("alert")
    expect(alert).to_contain_text("sign in again")
    expect(alert).to_contain_text("Request ")
    console.button("Sign in with another key").click()
    console.sign_in()
    expect(console.heading("Workflows")).to_be_visible()


def test_a_service_that_is_gone_is_told_apart_from_one_that_refuses(console: Console, member: Client) -> None:
    workflow = member.publish(note(), name="Back again")
    console.sign_in()
    console.page.context.set_offline(True)
    console.open(workflow_at(workflow))
    expect(console.page.get_by_role("alert")).to_contain_text("The service was not reached.")
    expect(console.page.get_by_role("alert")).to_contain_text("See whether you are online")
    console.page.context.set_offline(False)
    console.button("Try again").click()
    expect(console.heading("Back again")).to_be_visible()


def test_who_has_used_up_their_requests_is_told_how_long_to_wait(console: Console, member: Client) -> None:
    workflow = member.publish(note(), name="Asked too often")
    console.sign_in()
    console.heading("Workflows").wait_for()
    body = {"error": "RATE_LIMIT_EXCEEDED", "message": "Too many requests."}
    console.page.route("**/api/**", lambda route: route.fulfill(status=429, headers={"Retry-After": "7"}, json=body))
    console.open(workflow_at(workflow))
    alert = console.page.get_by_role("alert")
    expect(alert).to_contain_text("Too many requests.")
    expect(alert).to_contain_text("Your key has used up its requests: wait 7 seconds, then try again.")
    console.page.unroute("**/api/**")
    console.button("Try again").click()
    expect(console.heading("Asked too often")).to_be_visible()


def test_while_an_answer_is_awaited_the_page_says_so(console: Console, member: Client) -> None:
    workflow = member.publish(note(), name="Awaited")
    console.sign_in()
    console.heading("Workflows").wait_for()
    awaited = threading.Event()
    waiting: list[Route] = []
    console.page.route("**/api/**", lambda route: route.continue_() if awaited.is_set() else waiting.append(route))
    console.open(workflow_at(workflow))
    expect(console.page.get_by_role("status")).to_contain_text("Loading the workflow")
    awaited.set()
    for route in waiting:
        route.continue_()
    expect(console.heading("Awaited")).to_be_visible()


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (f"/acme/workflows/{UNKNOWN}", "It may have been archived"),
        (f"/acme/workflows/{UNKNOWN}/definition", "It may have been archived"),
        (f"/acme/workflows/{UNKNOWN}/execute", "It may have been archived"),
        (f"/acme/workflows/{UNKNOWN}/runs/{UNKNOWN}", "It may have been archived"),
        ("/globex/workflows", "Ask an admin of the workspace"),
        ("/acme/elsewhere", "The link may be incomplete"),
    ],
)
def test_a_link_that_leads_nowhere_says_what_to_do(console: Console, place: str, told: str) -> None:
    console.sign_in()
    console.open(place)
    expect(console.page.get_by_text(told)).to_be_visible()
    console.link("Workflows").first.click()


def test_times_are_the_readers_own_and_tell_utc_where_the_pointer_rests(
    browser: Browser, service: RunningService, member: Client
) -> None:
    workflow = member.publish(note(), name="Timed")
    execution = member.run(workflow)
    with opened(browser, service, run_at(workflow, execution)) as console:
        console.sign_in()
        time = console.heading(re.compile("^Run of ")).get_by_role("time")
        began = execution["startedAt"]
        expect(time).to_have_attribute("title", f"{began.replace('T', ' ').removesuffix('Z')} UTC")
        in_kolkata = console.page.evaluate(
            "at => new Date(Date.parse(at) + 5.5 * 3600e3).toISOString().slice(11, 19)", began
        )
        expect(time).to_contain_text(in_kolkata)

"""The main ways through the console, each as a person goes it in Chromium, against a service that runs for real."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.console.conftest import HoldingTarget
from tests.console.console import Console, opened, run_at, workflow_at
from tests.e2e.client import KEYS, Client, arrows, execution_path, node, note, until, wait
from tests.e2e.cuts import CuttingProxy
from tests.e2e.service import RunningService

Json = Any


def held(target: HoldingTarget, name: str) -> Json:
    """A step that goes on when `target` lets it go."""
    return node(name, "call_api", {"url": f"{target.url}/held/{name}"})


# -- a first visit -----------------------------------------------------------------------------------------------------


def test_a_first_visit_begins_with_a_key_and_leads_to_the_workflows(console: Console, member: Client) -> None:
    member.publish(note(), name="First seen")
    expect(console.heading("Workflow console")).to_be_visible()
    console.fill_in("not-a-key-of-anybody", "acme")
    expect(console.page.get_by_role("alert")).to_contain_text("This key is unknown")
    console.fill_in(KEYS["member"], "nowhere")
    expect(console.page.get_by_role("alert")).to_contain_text("There is no workspace “nowhere”")
    console.fill_in(KEYS["globex"], "acme")
    expect(console.page.get_by_role("alert")).to_contain_text("no role in the workspace “acme”")
    console.sign_in()
    expect(console.heading("Workflows")).to_be_visible()
    expect(console.page).to_have_title(re.compile("^Workflows of acme"))
    expect(console.link("First seen")).to_be_visible()
    console.page.reload()
    expect(console.link("First seen")).to_be_visible()
    console.button("Sign out").click()
    expect(console.button("Sign in")).to_be_visible()


def test_from_the_key_to_the_end_of_a_run_by_the_keyboard_alone(console: Console, member: Client) -> None:
    member.publish(note("first"), note("greet", message="Hello {{trigger.name}}"), name="By hand")
    keys = console.page.keyboard
    tab_to(console.page.get_by_label("Workspace"))
    keys.type("acme")
    tab_to(console.page.get_by_label("API key"))
    keys.type(KEYS["member"])
    keys.press("Enter")
    console.link("By hand").wait_for()
    enter(console.link("By hand"))
    console.heading("By hand").wait_for()
    enter(console.link("Start a run").first)
    trigger = console.editor("Trigger data, as JSON")
    tab_to(trigger)
    keys.press("Control+a")
    keys.type('{"name": "Ada"}')
    enter(console.button("Run"))
    expect(badge(console)).to_have_text("Completed")
    enter(console.step("greet"))
    expect(details(console, "greet").get_by_label("Output", exact=True)).to_contain_text("Hello Ada")
    enter(console.button("Close the step"))
    tab_to(graph(console).get_by_role("button", name=re.compile("^first")))
    keys.press("ArrowRight")
    expect(details(console, "greet")).to_be_visible()


def enter(wanted: Locator) -> None:
    tab_to(wanted)
    wanted.page.keyboard.press("Enter")


def tab_to(wanted: Locator) -> None:
    """Presses Tab until `wanted` has the focus. An editor lets go of it after Escape."""
    is_focused = "element => element.getRootNode().activeElement === element"
    for _ in range(60):
        if wanted.evaluate(is_focused):
            return
        wanted.page.keyboard.press("Escape")
        wanted.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}")


# -- writing -----------------------------------------------------------------------------------------------------------

TYPE_FAST = """async text => {
    for (const character of text) {
        document.execCommand("insertText", false, character);
        await new Promise(resolve => setTimeout(resolve));
    }
}"""


def test_of_what_is_typed_faster_than_it_is_shown_nothing_is_lost(console: Console, member: Client) -> None:
    workflow = member.publish(note(), name="Typed fast")
    console.sign_in()
    console.open(workflow_at(workflow, "execute"))
    editor = console.editor("Trigger data, as JSON")
    console.page.context.new_cdp_session(console.page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    console.write("Trigger data, as JSON", "{")
    console.page.evaluate(TYPE_FAST, '"name": "Ada, Countess of Lovelace"}')
    expect(editor).to_have_text('{"name": "Ada, Countess of Lovelace"}')


def test_a_workflow_is_created_and_a_fault_is_shown_at_its_place(console: Console, member: Client) -> None:
    definition: Json = {
        "name": "Written here",
        "nodes": [node("start", "trigger"), note("greet"), node("later", "wiat", {"durationMs": 5})],
        "connections": arrows("start > greet", "greet > later"),
    }
    console.sign_in()
    console.link("New workflow").click()
    label = "Definition of the new workflow, as JSON"
    expect(console.page.get_by_role("status")).to_contain_text("No faults")
    console.write(label, "{")
    expect(console.page.get_by_role("status")).to_contain_text("Not JSON yet")
    expect(console.button("Publish")).to_be_disabled()

    console.write(label, json.dumps(definition, indent=2))
    fault = console.button(re.compile(r"^nodes\[2\]\.type "))
    expect(fault).to_contain_text("wiat")
    expect(console.button("Publish")).to_be_disabled()
    expect(graph(console).get_by_role("button", name=re.compile("later.*1 fault"))).to_be_visible()
    fault.click()
    expect(console.editor(label)).to_be_focused()
    assert selection(console.page) == '"type": "wiat"'
    console.page.keyboard.insert_text('"type": "wait"')
    expect(console.page.get_by_role("status")).to_contain_text("No faults")
    console.button("Publish").click()
    expect(console.heading("Written here")).to_be_visible()
    expect(console.heading("No runs yet")).to_be_visible()
    assert member.get(f"/api/workspaces{place(console.page)}").json()["workflow"]["name"] == "Written here"


def test_a_change_is_published_as_a_new_version_and_what_is_not_published_is_kept_in_the_tab(
    console: Console, member: Client
) -> None:
    workflow = member.publish(note("greet", message="Hello"), name="Changing")
    console.sign_in()
    console.open(workflow_at(workflow, "definition"))
    label = "Definition of Changing, as JSON"
    expect(console.button("Publish a new version")).to_be_disabled()
    text = console.editor(label).inner_text()
    console.write(label, text.replace('"Hello"', '"Good day"'))
    expect(console.button("Publish a new version")).to_be_enabled()
    console.link("Runs").click()
    console.link("Definition").click()
    expect(console.editor(label)).to_contain_text("Good day")
    console.button("Publish a new version").click()
    expect(console.page.get_by_text("version 2")).to_be_visible()
    expect(console.button("Publish a new version")).to_be_disabled()
    assert member.get(workflow.ws).json()["workflow"]["actions"][0]["config"]["message"] == "Good day"


def test_an_editor_keeps_the_focus_that_its_text_was_given_before_it_was_loaded(console: Console) -> None:
    console.sign_in()
    held: list[Route] = []
    console.page.route("**/JsonEditor-*.js", lambda route: held.append(route))
    console.link("New workflow").click()
    text = console.page.get_by_role("textbox", name="Definition of the new workflow, as JSON")
    text.focus()
    for route in held:
        route.continue_()
    expect(text).to_be_editable()
    expect(text).to_be_focused()
    console.page.keyboard.press("Control+a")
    console.page.keyboard.type("{")
    expect(text).to_have_text("{")


def selection(page: Page) -> str:
    """What is selected in the editor that has the focus."""
    return str(page.evaluate("document.activeElement.shadowRoot.getSelection().toString()"))


def place(page: Page) -> str:
    return urlsplit(page.url).fragment.removesuffix("/definition")


# -- running -----------------------------------------------------------------------------------------------------------


def test_a_run_is_started_and_watched_step_by_step_to_its_end(
    console: Console, member: Client, target: HoldingTarget
) -> None:
    workflow = member.publish(note("before"), held(target, "watched"), note("after"), name="Watched")
    console.sign_in()
    console.open(workflow_at(workflow, "execute"))
    console.write("Trigger data, as JSON", '{"order": 12345678901234567890}')
    console.button("Run").click()
    expect(badge(console)).to_have_text("Running")
    expect(console.fact("Live")).to_have_text("following")
    expect(console.step("before")).to_have_accessible_name(re.compile("succeeded"))
    expect(console.step("watched")).to_have_accessible_name(re.compile("running"))
    expect(graph(console).get_by_role("button", name=re.compile("after.*not reached"))).to_be_visible()
    expect(progress(console)).to_have_attribute("aria-valuenow", "33")

    target.let_go("/held/watched")
    expect(badge(console)).to_have_text("Completed")
    expect(progress(console)).to_have_attribute("aria-valuenow", "100")
    expect(console.step("after")).to_have_accessible_name(re.compile("succeeded"))
    expect(console.button("Cancel run")).to_have_count(0)
    expect(console.page.get_by_label("Trigger data", exact=True)).to_contain_text("12345678901234567890")
    graph(console).get_by_role("button", name=re.compile("^watched")).click()
    expect(details(console, "watched").get_by_label("Output", exact=True)).to_contain_text("/held/watched")
    expect(console.fact("Status")).to_have_text("Succeeded")


def test_a_run_is_followed_to_its_end_over_connections_that_are_cut(
    console: Console, member: Client, target: HoldingTarget, service: RunningService
) -> None:
    steps = [note("one"), held(target, "cut1"), note("two"), held(target, "cut2"), note("three")]
    workflow = member.publish(*steps, name="Cut")
    execution = member.run(workflow, wait=0)
    with CuttingProxy(service.stream_url) as proxy:

        def through_the_proxy(route: Route) -> None:
            route.continue_(url=route.request.url.replace(service.stream_url, proxy.url))

        console.page.route(re.compile(f"^{re.escape(service.stream_url)}"), through_the_proxy)
        console.sign_in()
        console.open(run_at(workflow, execution))
        expect(console.fact("Live")).to_have_text("following")
        proxy.cut()
        target.let_go("/held/cut1")
        expect(console.step("two")).to_have_accessible_name(re.compile("succeeded"))
        expect(console.fact("Live")).to_have_text("following")
        proxy.cut_within_an_event(reset=True)
        target.let_go("/held/cut2")
        until(lambda: proxy.cuts == 2, seconds=20)
        expect(badge(console)).to_have_text("Completed")
        for name in ("one", "cut1", "two", "cut2", "three"):
            expect(console.step(name)).to_have_accessible_name(re.compile("succeeded"))
        expect(progress(console)).to_have_attribute("aria-valuenow", "100")
        assert sum(request.startswith("GET ") for request in proxy.requests) >= 3


def test_a_run_that_failed_says_what_went_wrong_and_leads_to_the_step(
    console: Console, member: Client, target: HoldingTarget
) -> None:
    broken = node("broken", "call_api", {"url": f"{target.url}/status/500"})
    workflow = member.publish(note("fine"), broken, note("never"), name="Breaking")
    execution = member.run(workflow)
    console.sign_in()
    console.open(run_at(workflow, execution))
    expect(badge(console)).to_have_text("Failed")
    expect(console.page.get_by_role("alert")).to_contain_text("500")
    console.button("Show broken").click()
    expect(console.fact("Status")).to_have_text("Failed")
    expect(details(console, "broken").get_by_text("500").first).to_be_visible()
    console.link("Run again").click()
    expect(console.button("Run")).to_be_enabled()


def test_a_dry_run_with_mocks_goes_the_way_they_lead_and_calls_nobody(
    console: Console, member: Client, target: HoldingTarget
) -> None:
    is_rich = {"field": "steps.ask.output.body.rich", "operator": "equals", "value": True}
    workflow = member.publish(
        name="Mocked",
        nodes=[
            node("start", "trigger"),
            node("ask", "call_api", {"url": f"{target.url}/mocked"}),
            node("is_rich", "condition", is_rich),
            note("thank"),
            node("done", "end"),
        ],
        connections=arrows(
            "start > ask", "ask > is_rich", "is_rich:true > thank", "is_rich:false > done", "thank > done"
        ),
    )
    console.sign_in()
    console.open(workflow_at(workflow, "execute"))
    console.page.get_by_role("radio", name=re.compile("^Dry run")).check()
    console.button("Error for ask").click()
    console.button("Dry run").click()
    expect(badge(console)).to_have_text("Failed")
    expect(console.page.get_by_text("Dry run", exact=True).first).to_be_visible()
    expect(console.page.get_by_role("alert")).to_contain_text("It failed")

    console.link("Run again").click()
    expect(console.page.get_by_role("radio", name=re.compile("^Dry run"))).to_be_checked()
    console.write("Mocks, as JSON", '{"ask": {"output": {"body": {"rich": true}}}}')
    console.button("Dry run").click()
    expect(badge(console)).to_have_text("Completed")
    expect(console.step("thank")).to_have_accessible_name(re.compile("succeeded"))
    assert target.seen("/mocked") == []


def test_a_run_is_cancelled_after_a_second_question(console: Console, member: Client, target: HoldingTarget) -> None:
    workflow = member.publish(note("before"), wait(600_000), note("never"), name="Stopped")
    execution = member.run(workflow, wait=0)
    console.sign_in()
    console.open(run_at(workflow, execution))
    console.button("Cancel run").click()
    console.button("Let it run").click()
    console.button("Cancel run").click()
    expect(console.button("Cancel it now")).to_be_focused()
    console.button("Cancel it now").click()
    expect(badge(console)).to_have_text("Cancelled")
    expect(console.button("Cancel run")).to_have_count(0)
    assert member.get(execution_path(execution)).json()["execution"]["status"] == "CANCELLED"


def test_a_link_to_a_run_leads_there_after_signing_in(
    browser: Browser, service: RunningService, console: Console, member: Client
) -> None:
    workflow = member.publish(note("greet"), name="Shared")
    console.sign_in()
    console.open(run_at(workflow, member.run(workflow)))
    expect(badge(console)).to_have_text("Completed")
    console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    console.button("Copy link").click()
    expect(console.button("Copied")).to_be_visible()
    shared = urlsplit(console.page.evaluate("navigator.clipboard.readText()")).fragment
    with opened(browser, service, shared) as other:
        expect(other.page.get_by_text("Sign in to open the link you followed.")).to_be_visible()
        expect(other.page.get_by_label("Workspace")).to_have_value("acme")
        other.sign_in("viewer")
        expect(other.heading(re.compile("^Run of "))).to_be_visible()
        expect(badge(other)).to_have_text("Completed")
        assert urlsplit(other.page.url).fragment == shared
        expect(other.step("greet")).to_be_visible()


# -- looking back ------------------------------------------------------------------------------------------------------


def test_statistics_and_filters_tell_how_runs_went(console: Console, member: Client) -> None:
    maybe = {"field": "trigger.fail", "operator": "equals", "value": False}
    broken = node("broken", "call_api", {"url": "http://127.0.0.1:1/"})
    workflow = member.publish(
        name="Counted",
        nodes=[node("start", "trigger"), node("check", "condition", maybe), note(), broken],
        connections=arrows("start > check", "check:true > note", "check:false > broken"),
    )
    for fail in (False, False, True, False):
        member.run(workflow, triggerData={"fail": fail})
    member.post(f"{workflow.ws}/execute", json={"dryRun": True, "triggerData": {"fail": False}})
    console.sign_in()
    console.open(workflow_at(workflow))
    statistics = console.page.get_by_role("region", name="Statistics")
    expect(statistics).to_contain_text("75 % succeeded")
    expect(statistics).to_contain_text("of 4 runs")
    expect(statistics.get_by_role("listitem")).to_have_text([re.compile(r"Completed\s*3"), re.compile(r"Failed\s*1")])
    statistics.get_by_text("As a table").click()
    expect(statistics.get_by_role("row")).to_have_count(5)

    expect(rows(console)).to_have_count(4)
    console.page.get_by_label("Status").select_option("Failed")
    expect(rows(console)).to_have_count(1)
    expect(rows(console)).to_contain_text("Failed")
    console.page.reload()
    expect(console.page.get_by_label("Status")).to_have_value("FAILED")
    expect(rows(console)).to_have_count(1)
    console.page.get_by_label("Status").select_option("Cancelled")
    expect(console.heading("No run matches these filters")).to_be_visible()
    console.button("Show all runs").click()
    expect(rows(console)).to_have_count(4)
    console.page.get_by_label("Dry runs too").check()
    expect(rows(console)).to_have_count(5)
    console.page.get_by_label("Order").select_option("Oldest first")
    expect(rows(console).last).to_contain_text("Dry run")
    console.page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(console.heading("No run matches these filters")).to_be_visible()


def rows(console: Console) -> Locator:
    """The runs that the list shows."""
    return console.page.get_by_role("region", name="Runs", exact=True).locator("tbody").get_by_role("row")


def badge(console: Console) -> Locator:
    """How the run stands, as its head tells it."""
    heading = console.page.locator(".heading")
    return heading.get_by_text(re.compile("^(Pending|Running|Completed|Failed|Cancelled)$"))


def progress(console: Console) -> Locator:
    return console.page.get_by_role("progressbar", name="Progress")


def graph(console: Console) -> Locator:
    return console.page.get_by_role("group", name=re.compile("^Graph of "))


def details(console: Console, step: str) -> Locator:
    return console.page.get_by_role("complementary", name=f"Step {step}")

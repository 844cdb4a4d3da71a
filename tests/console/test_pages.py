"""Every page of the console in its states: what axe finds there, in light and dark, at a desk and on a phone.

What they look like is left in `build/console-screenshots`, for people. And what stays usable when there is much of it.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.console.axe import violations, with_axe
from tests.console.conftest import HoldingTarget
from tests.console.console import DESKTOP, PHONE, Console, opened, run_at, workflow_at
from tests.e2e.client import UNKNOWN, WS, Client, arrows, node, note, wait
from tests.e2e.service import ROOT, RunningService

Json = Any

SCREENSHOTS = ROOT / "build" / "console-screenshots"

LOOKS: Json = [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)]


class Samples:
    """Workflows and runs that pages are shown of."""

    def __init__(self, member: Client) -> None:
        self.onboarding = member.publish(
            name="User onboarding",
            description="Greets new users, and asks somebody to call those who pay.",
            variables={"plan": "free"},
            nodes=[
                node("start", "trigger"),
                note("greet", message="Hi {{trigger.name}}!"),
                node("is_premium", "condition", {"field": "trigger.plan", "operator": "equals", "value": "premium"}),
                node("call", "create_task", {"title": "Call {{trigger.name}}"}),
                node("fetch", "call_api", {"url": "http://127.0.0.1:1/{{trigger.name}}"}, label="Fetch the profile"),
                node("done", "end", {"output": {"greeted": "{{trigger.name}}"}}),
            ],
            connections=arrows(
                "start > greet", "greet > is_premium", "is_premium:true > call", "is_premium:false > fetch",
                "call > done", "fetch > done",
            ),
        )  # fmt: skip
        self.completed = member.run(self.onboarding, triggerData={"name": "Ada", "plan": "premium"})
        self.failed = member.run(self.onboarding, triggerData={"name": "Grace"})
        self.dry = member.post(f"{self.onboarding.ws}/execute", json={"dryRun": True}).json()["execution"]
        self.waiting = member.publish(note("before"), wait(600_000), note("after"), name="Waits long")
        self.running = member.run(self.waiting, wait=0)
        self.unused = member.publish(note(), name="Never run", status="DRAFT")


@pytest.fixture(scope="module")
def samples(member: Client) -> Samples:
    return Samples(member)


@pytest.fixture(scope="module")
def looked_at(browser: Browser, service: RunningService, samples: Samples) -> Iterator[Console]:
    """A tab for all pages, of a member, with axe in it."""
    with opened(browser, service) as console:
        with_axe(console.page.context)
        console.page.reload()
        console.sign_in()
        yield console


def see(console: Console, name: str) -> None:
    """Looks at what is shown in every look, and leaves pictures of it."""
    found: dict[str, list[str]] = {}
    for scheme, size in LOOKS:
        console.page.emulate_media(color_scheme=scheme)
        console.page.set_viewport_size(size)
        console.page.wait_for_timeout(50)
        look = f"{scheme}-{size['width']}"
        found[look] = violations(console.page) + wider(console.page)
        # As high as the page: what is below the window's edge is not painted.
        height = console.page.evaluate("document.documentElement.scrollHeight")
        console.page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        console.page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png")
    console.page.set_viewport_size(DESKTOP)
    assert found == {look: [] for look in found}


def wider(page: Page) -> list[str]:
    """Whether the page is wider than the window, so that one would have to scroll sideways."""
    width, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{width} px wide in a window of {shown} px"] if width > shown else []


# -- every page in every look ------------------------------------------------------------------------------------------


def test_the_form_for_the_key(browser: Browser, service: RunningService) -> None:
    with opened(browser, service) as console:
        with_axe(console.page.context)
        console.page.reload()
        console.button("Sign in").wait_for()
        see(console, "sign-in")
        console.fill_in("not-a-key-of-anybody", "acme")
        console.page.get_by_role("alert").wait_for()
        see(console, "sign-in-refused")


def test_a_workspace_without_workflows(browser: Browser, service: RunningService) -> None:
    with opened(browser, service) as console:
        with_axe(console.page.context)
        console.page.reload()
        console.sign_in("globex", "globex")
        console.heading("No workflows yet").wait_for()
        expect(console.link("New workflow")).to_have_count(2)
        see(console, "no-workflows-yet")


def test_a_page_whose_answer_is_awaited(looked_at: Console, samples: Samples) -> None:
    held: list[Route] = []
    looked_at.page.route("**/api/**", lambda route: held.append(route))
    looked_at.open(run_at(samples.onboarding, samples.completed))
    expect(looked_at.page.get_by_role("status")).to_contain_text("Loading the run")
    see(looked_at, "loading")
    for route in held:
        route.continue_()
    looked_at.page.unroute("**/api/**")
    looked_at.step("call").wait_for()


def workflows(console: Console, samples: Samples) -> None:
    console.open("/acme/workflows")
    console.link("User onboarding").wait_for()


def no_workflows(console: Console, samples: Samples) -> None:
    console.open("/acme/workflows")
    console.page.get_by_label("Status").select_option("Archived")
    console.heading("No workflow has this status").wait_for()


def runs(console: Console, samples: Samples) -> None:
    console.open(f"{workflow_at(samples.onboarding)}?dry=yes")
    console.page.get_by_role("region", name="Statistics").get_by_text("As a table").click()
    expect(console.page.get_by_text("Dry run", exact=True)).to_be_visible()


def no_runs(console: Console, samples: Samples) -> None:
    console.open(workflow_at(samples.unused))
    console.heading("No runs yet").wait_for()


def no_run_matches(console: Console, samples: Samples) -> None:
    console.open(f"{workflow_at(samples.onboarding)}?status=CANCELLED")
    console.heading("No run matches these filters").wait_for()


def definition(console: Console, samples: Samples) -> None:
    console.open(workflow_at(samples.onboarding, "definition"))
    console.page.get_by_text("No faults").wait_for()


def faulty_definition(console: Console, samples: Samples) -> None:
    console.open("/acme/workflows/new")
    faulty = {"name": "Faulty", "actions": [node("one", "wiat"), note("two", color="red"), note("two")]}
    console.write("Definition of the new workflow, as JSON", json.dumps(faulty, indent=2))
    console.button(re.compile(r"^actions\[0\]\.type ")).click()
    console.page.get_by_text("choose one to go to its place").wait_for()


def starting(console: Console, samples: Samples) -> None:
    console.open(workflow_at(samples.onboarding, "execute"))
    console.editor("Variables, as JSON")


def starting_dry(console: Console, samples: Samples) -> None:
    console.open(f"{workflow_at(samples.onboarding, 'execute')}?dry=yes")
    console.button("Error for fetch").click()
    expect(console.editor("Mocks, as JSON")).to_contain_text("It failed")


def completed_run(console: Console, samples: Samples) -> None:
    console.open(run_at(samples.onboarding, samples.completed))
    console.step("call").click()
    console.page.get_by_role("complementary", name="Step call").wait_for()


def failed_run(console: Console, samples: Samples) -> None:
    console.open(run_at(samples.onboarding, samples.failed))
    console.button("Show fetch").click()
    console.page.get_by_role("complementary", name="Step fetch").wait_for()


def running_run(console: Console, samples: Samples) -> None:
    console.open(run_at(samples.waiting, samples.running))
    console.button("Cancel run").click()
    console.step("wait").wait_for()


def dry_run(console: Console, samples: Samples) -> None:
    """Its side shows the input and output of the run."""
    console.open(run_at(samples.onboarding, samples.dry))
    console.page.get_by_text("Dry run", exact=True).first.wait_for()


def unknown_run(console: Console, samples: Samples) -> None:
    console.open(workflow_at(samples.onboarding, f"runs/{UNKNOWN}"))
    console.page.get_by_role("alert").wait_for()


def nowhere(console: Console, samples: Samples) -> None:
    console.open("/acme/elsewhere")
    console.heading("There is no such page").wait_for()


PAGES: list[Callable[[Console, Samples], None]] = [
    workflows, no_workflows, runs, no_runs, no_run_matches, definition, faulty_definition, starting, starting_dry,
    completed_run, failed_run, running_run, dry_run, unknown_run, nowhere,
]  # fmt: skip


@pytest.mark.parametrize("state", PAGES, ids=lambda state: state.__name__)
def test_axe_finds_no_violation(
    looked_at: Console, samples: Samples, state: Callable[[Console, Samples], None]
) -> None:
    state(looked_at, samples)
    see(looked_at, state.__name__.replace("_", "-"))


# -- much of it --------------------------------------------------------------------------------------------------------


def test_lists_page(console: Console, member: Client) -> None:
    """Both lists, 25 rows at a time."""
    workflow = member.publish(node("set", "set_variables", {"variables": {"a": 1}}), name="Run often")
    for _ in range(26):
        member.run(workflow, wait=0)
    while (total := member.get(WS).json()["pagination"]["total"]) <= 25:
        member.publish(note(), name=f"One of many, {total}")
    console.sign_in()
    page_through(console, "workflows", total)
    console.open(workflow_at(workflow))
    page_through(console, "runs", 26)


def page_through(console: Console, what: str, total: int) -> None:
    pages = console.page.get_by_role("navigation", name=f"Pages of {what}")
    rows = console.page.locator("table.list:not(.dense) tbody").get_by_role("row")
    expect(pages).to_contain_text(f"1–25 of {total}")
    expect(pages.get_by_role("button", name="Previous")).to_be_disabled()
    expect(rows).to_have_count(25)
    first = rows.first.get_by_role("link").get_attribute("href")
    pages.get_by_role("button", name="Next").click()
    expect(pages).to_contain_text(f"26–{min(total, 50)} of {total}")
    expect(rows).to_have_count(min(total, 50) - 25)
    assert rows.first.get_by_role("link").get_attribute("href") != first
    console.page.reload()
    expect(pages).to_contain_text(f"26–{min(total, 50)} of {total}")
    pages.get_by_role("button", name="Previous").click()
    expect(rows.first.get_by_role("link")).to_have_attribute("href", str(first))


class Effort:
    """The processor time that a page's main thread takes within the context: waiting for others is not counted."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.seconds = 0.0

    def __enter__(self) -> "Effort":
        self._before = self._taken()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = self._taken() - self._before

    def _taken(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def test_a_run_of_500_steps_is_followed_and_stays_usable(
    console: Console, member: Client, target: HoldingTarget
) -> None:
    def step(i: int) -> Json:
        return note(f"s{i}") if i % 10 == 0 else node(f"s{i}", "set_variables", {"variables": {"at": i}})

    first = node("first", "call_api", {"url": f"{target.url}/held/500"})
    workflow = member.publish(first, *map(step, range(499)), name="Of 500 steps")
    execution = member.run(workflow, wait=0)
    console.sign_in()
    with Effort(console.page) as opening:
        console.open(run_at(workflow, execution))
        expect(console.fact("Live")).to_have_text("following")
    with Effort(console.page) as following:
        target.let_go("/held/500")
        expect(console.page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100", timeout=90_000)
        steps = console.page.get_by_role("region", name="Steps on a time axis")
        expect(steps.get_by_role("listitem")).to_have_count(500)
    # Of so long a chain a small map would be a line.
    expect(console.page.get_by_role("img", name="Small map of the graph")).to_have_count(0)
    with Effort(console.page) as choosing:
        console.step("s498").click()
        expect(console.page.get_by_role("complementary", name="Step s498")).to_contain_text("Succeeded")
    console.page.screenshot(path=SCREENSHOTS / "500-steps.png")
    # Most of this is playwright's own, which looks for roles and names among all of the page's elements.
    assert opening.seconds < 3
    assert following.seconds < 6
    assert choosing.seconds < 5


def test_a_workflow_of_200_nodes_stays_usable(console: Console, member: Client) -> None:
    workflow = member.publish(**branching(), name="Of 200 nodes")
    console.sign_in()
    with Effort(console.page) as opening:
        console.open(workflow_at(workflow, "definition"))
        expect(console.page.get_by_text("No faults")).to_be_visible()
        graph = console.page.get_by_role("group", name=re.compile("^Graph of Of 200 nodes: 200 nodes"))
        expect(graph.get_by_role("button", name=re.compile("^start"))).to_be_visible()
    with Effort(console.page) as moving:
        graph.get_by_role("button", name=re.compile("^start")).focus()
        console.page.keyboard.press("End")
        expect(graph.locator("[aria-pressed=true]")).to_be_visible()
    with Effort(console.page) as writing:
        console.editor("Definition of Of 200 nodes, as JSON").click()
        console.page.keyboard.press("Control+End")
        console.page.keyboard.type("x")
        expect(console.page.get_by_text("Not JSON yet")).to_be_visible()
        console.page.keyboard.press("Backspace")
        expect(console.page.get_by_text("No faults")).to_be_visible()
    console.page.screenshot(path=SCREENSHOTS / "200-nodes.png")
    assert opening.seconds < 3
    assert moving.seconds < 3
    assert writing.seconds < 3


def branching() -> Json:
    """66 times a decision with two ways that meet again, as fields of a definition; with its ends 200 nodes."""
    nodes, connections, before = [node("start", "trigger")], [], "start"
    for i in range(66):
        names = [f"{kind}{i}" for kind in ("check", "note", "join")]
        check = node(names[0], "condition", {"field": "trigger.x", "operator": "equals", "value": i})
        nodes += [check, note(names[1]), node(names[2], "set_variables", {"variables": {"at": i}})]
        connections += arrows(
            f"{before} > {names[0]}",
            f"{names[0]}:true > {names[1]}",
            f"{names[0]}:false > {names[2]}",
            f"{names[1]} > {names[2]}",
        )
        before = names[2]
    return {"nodes": [*nodes, node("done", "end")], "connections": [*connections, *arrows(f"{before} > done")]}


def test_a_graph_of_200_nodes_is_seen_whole_by_fit_view(console: Console, member: Client) -> None:
    """Of what is out of sight nothing is in the page, and so nothing is measured there."""
    workflow = member.publish(**lanes(9, 22), name="In lanes")
    execution = member.run(workflow, wait=0)
    console.sign_in()
    console.open(run_at(workflow, execution))
    graph = console.page.get_by_role("group", name=re.compile("^Graph of In lanes: 200 nodes"))
    expect(graph.get_by_role("img", name="Small map of the graph")).to_be_visible()
    expect(graph.get_by_role("button", name=re.compile("^done"))).to_have_count(0)
    console.button("Fit View").click()
    expect(graph.get_by_role("button", name=re.compile("^done"))).to_be_in_viewport(ratio=0.9)
    expect(graph.get_by_role("button", name=re.compile("^start"))).to_be_in_viewport(ratio=0.9)


def lanes(count: int, length: int) -> Json:
    """As many chains beside each other, between two nodes."""
    nodes, connections = [node("start", "trigger")], []
    for lane in range(count):
        names = [f"lane{lane}_{i}" for i in range(length)]
        nodes += [node(name, "set_variables", {"variables": {name: 1}}) for name in names]
        connections += arrows(*(f"{one} > {other}" for one, other in pairwise(["start", *names, "done"])))
    return {"nodes": [*nodes, node("done", "end")], "connections": connections}


def test_on_a_phone_a_row_leads_to_the_details_of_its_step_and_closing_them_back(
    browser: Browser, service: RunningService, member: Client
) -> None:
    workflow = member.publish(*(node(f"s{i}", "set_variables", {"variables": {"at": i}}) for i in range(30)))
    with opened(browser, service, run_at(workflow, member.run(workflow)), viewport=PHONE) as console:
        console.sign_in()
        console.step("s29").click()
        details = console.page.get_by_role("complementary", name="Step s29")
        expect(details.get_by_role("heading", name="s29")).to_be_in_viewport(ratio=0.9)
        expect(details).to_be_focused()
        console.button("Close the step").click()
        expect(console.step("s29")).to_be_focused()
        expect(console.step("s29")).to_be_in_viewport()

import assert from "node:assert/strict";
import { test } from "node:test";
import { hrefOf, placeOf, type Route } from "./route.ts";

const routes: Route[] = [
    { page: "start" },
    { page: "workflows", slug: "acme" },
    { page: "new", slug: "acme" },
    { page: "runs", slug: "acme", workflow: "wf_1" },
    { page: "definition", slug: "a/b", workflow: "wf_1" },
    { page: "execute", slug: "acme", workflow: "wf_1" },
    { page: "run", slug: "acme", workflow: "wf_1", run: "exec_2" },
];

test("the link to every page leads to that page", () => {
    for (const route of routes) assert.deepEqual(placeOf(hrefOf(route)).route, route);
});

test("filters are part of the link", () => {
    const link = hrefOf(
        { page: "runs", slug: "acme", workflow: "wf_1" },
        { status: "FAILED", from: "", to: "2026-11-22" },
    );
    assert.equal(link, "#/acme/workflows/wf_1?status=FAILED&to=2026-11-22");
    assert.deepEqual(placeOf(link).query, { status: "FAILED", to: "2026-11-22" });
});

test("an address that is no page is nowhere", () => {
    for (const hash of ["#/acme/keys", "#/acme/workflows/wf_1/nothing", "#/acme/workflows/w/runs/e/more", "#/%E0/x"]) {
        assert.equal(placeOf(hash).route.page, "nowhere");
    }
});

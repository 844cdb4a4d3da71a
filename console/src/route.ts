/**
 * Where the person is: the part of the address behind the `#`, such as `#/acme/workflows/wf_1/runs/exec_2`.
 *
 * A hash never reaches a server, so that one file at one path is all that has to be served, and a link to a run works
 * from S3 as from anywhere else, without a rule that rewrites paths.
 */

export type Route =
    | { page: "start" }
    | { page: "workflows"; slug: string }
    | { page: "new"; slug: string }
    | { page: "runs" | "definition" | "execute"; slug: string; workflow: string }
    | { page: "run"; slug: string; workflow: string; run: string }
    | { page: "nowhere" };

export type Query = Record<string, string>;

export interface Place {
    route: Route;
    query: Query;
}

export function placeOf(hash: string): Place {
    const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
    return {
        route: routeOf(path.split("/").filter(Boolean).map(decoded)),
        query: Object.fromEntries(new URLSearchParams(search)),
    };
}

function routeOf(parts: string[]): Route {
    const [slug, kind, workflow, page, run] = parts;
    if (!slug) return { page: "start" };
    if (kind === undefined) return { page: "workflows", slug };
    if (kind !== "workflows" || parts.length > 5) return { page: "nowhere" };
    if (!workflow) return { page: "workflows", slug };
    if (workflow === "new" && !page) return { page: "new", slug };
    if (!page || (page === "runs" && !run)) return { page: "runs", slug, workflow };
    if (page === "runs" && run) return { page: "run", slug, workflow, run };
    if ((page === "definition" || page === "execute") && !run) return { page, slug, workflow };
    return { page: "nowhere" };
}

export function hrefOf(route: Route, query: Query = {}): string {
    const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
    return `#/${pathOf(route).map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

function pathOf(route: Route): string[] {
    switch (route.page) {
        case "start":
        case "nowhere":
            return [];
        case "workflows":
            return [route.slug, "workflows"];
        case "new":
            return [route.slug, "workflows", "new"];
        case "runs":
            return [route.slug, "workflows", route.workflow];
        case "run":
            return [route.slug, "workflows", route.workflow, "runs", route.run];
        default:
            return [route.slug, "workflows", route.workflow, route.page];
    }
}

export function goTo(route: Route, query: Query = {}): void {
    window.location.hash = hrefOf(route, query);
}

/** Changes the query of this place, without a step in the tab's history. */
export function setQuery(route: Route, query: Query): void {
    window.history.replaceState(null, "", hrefOf(route, query));
    window.dispatchEvent(new HashChangeEvent("hashchange"));
}

function decoded(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

import { type ReactNode, useEffect, useRef, useState } from "react";
import { useSession } from "./api/session.tsx";
import { DefinitionPage } from "./pages/DefinitionPage.tsx";
import { ExecutePage } from "./pages/ExecutePage.tsx";
import { RunPage } from "./pages/RunPage.tsx";
import { RunsPage } from "./pages/RunsPage.tsx";
import { SignIn } from "./pages/SignIn.tsx";
import { WorkflowsPage } from "./pages/WorkflowsPage.tsx";
import { Icon } from "./parts/Icon.tsx";
import { Empty } from "./parts/Notice.tsx";
import { storedTheme, storeTheme, type Theme } from "./parts/theme.ts";
import { hrefOf, type Place, type Route } from "./route.ts";
import { usePlace } from "./usePlace.ts";

export function App() {
    const place = usePlace();
    const { key, slug } = useSession();
    const asked = "slug" in place.route ? place.route.slug : null;
    if (!key) return <SignIn slug={asked} />;
    const route: Route = place.route.page === "start" && slug ? { page: "workflows", slug } : place.route;
    return (
        <Frame slug={asked ?? slug ?? ""} route={route}>
            <Page route={route} query={place.query} />
        </Frame>
    );
}

function Page({ route, query }: Place) {
    switch (route.page) {
        case "workflows":
            return <WorkflowsPage slug={route.slug} query={query} />;
        case "new":
            return <DefinitionPage slug={route.slug} workflow={null} />;
        case "definition":
            return <DefinitionPage key={route.workflow} slug={route.slug} workflow={route.workflow} />;
        case "runs":
            return <RunsPage key={route.workflow} slug={route.slug} workflow={route.workflow} query={query} />;
        case "execute":
            return (
                <ExecutePage
                    key={JSON.stringify([route, query])}
                    slug={route.slug}
                    workflow={route.workflow}
                    query={query}
                />
            );
        case "run":
            return <RunPage key={route.run} slug={route.slug} workflow={route.workflow} run={route.run} />;
        case "start":
            return <SignIn slug={null} />;
        default:
            return (
                <Empty title="There is no such page" isPage>
                    The link may be incomplete.
                </Empty>
            );
    }
}

function Frame({ slug, route, children }: { slug: string; route: Route; children: ReactNode }) {
    const { signOut } = useSession();
    const main = useRef<HTMLElement>(null);
    const isFirst = useRef(true);
    const place = hrefOf(route);
    useEffect(() => {
        // A screen reader goes on at the new page, not at the link that led to it.
        if (!isFirst.current) main.current?.focus({ preventScroll: true });
        isFirst.current = false;
        window.scrollTo(0, 0);
    }, [place]);
    return (
        <>
            <header className="top">
                <a
                    className="skip"
                    href={place}
                    onClick={(event) => {
                        event.preventDefault();
                        main.current?.focus();
                    }}
                >
                    Skip to the content
                </a>
                <a className="brand" href={hrefOf({ page: "workflows", slug })}>
                    <Logo />
                    <span>Workflows</span>
                </a>
                <span className="workspace" title="Workspace">
                    {slug}
                </span>
                <span className="spring" />
                <ThemeSwitch />
                <button type="button" className="plain" onClick={signOut}>
                    <Icon name="out" /> <span className="wide-only">Sign out</span>
                    <span className="narrow-only visually-hidden">Sign out</span>
                </button>
            </header>
            <main ref={main} tabIndex={-1}>
                {children}
            </main>
        </>
    );
}

export function Logo() {
    return (
        <svg className="logo" width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M11 10.500h4a5 5 0 0 1 5 5v1M11 21.500h4a5 5 0 0 0 5-5" />
            <circle cx="9" cy="10.500" r="3" />
            <circle cx="9" cy="21.500" r="3" />
            <circle cx="23" cy="16" r="3.400" />
        </svg>
    );
}

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const NAMES: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };
const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;

function ThemeSwitch() {
    const [theme, setTheme] = useState(storedTheme);
    const label = `Colours: ${NAMES[theme]}`;
    function change() {
        storeTheme(NEXT[theme]);
        setTheme(NEXT[theme]);
    }
    return (
        <button type="button" className="plain icon-button" aria-label={label} title={label} onClick={change}>
            <Icon name={ICONS[theme]} />
        </button>
    );
}

/**
 * Who uses this tab: the key they typed in, in the tab's own session storage and nowhere else, and where the API is.
 */

import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { Client } from "./client.ts";

export interface Config {
    /** The API's origin and stage; empty where the page's own origin serves it. */
    apiUrl: string;
}

interface Session {
    config: Config;
    key: string | null;
    /** The workspace that was signed in to last. */
    slug: string | null;
    signIn: (key: string, slug: string) => void;
    signOut: () => void;
}

const KEY = "key";
const SLUG = "workspace";

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ config, children }: { config: Config; children: ReactNode }) {
    const [given, setGiven] = useState({ key: sessionStorage.getItem(KEY), slug: sessionStorage.getItem(SLUG) });
    const signIn = useCallback((key: string, slug: string) => {
        sessionStorage.setItem(KEY, key);
        sessionStorage.setItem(SLUG, slug);
        setGiven({ key, slug });
    }, []);
    const signOut = useCallback(() => {
        sessionStorage.clear();
        setGiven({ key: null, slug: null });
    }, []);
    const session = useMemo(() => ({ config, ...given, signIn, signOut }), [config, given, signIn, signOut]);
    return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
    const session = use(SessionContext);
    if (!session) throw new Error("There is no session around this");
    return session;
}

/** The API, for whoever has signed in. */
export function useClient(): Client {
    const { config, key } = useSession();
    return useMemo(() => new Client(config.apiUrl, key ?? ""), [config.apiUrl, key]);
}

/** What `config.json` beside the page says; the page's own origin where it says nothing. */
export async function readConfig(): Promise<Config> {
    try {
        const response = await fetch("./config.json");
        const found = response.ok ? ((await response.json()) as Partial<Config>) : {};
        return { apiUrl: typeof found.apiUrl === "string" ? found.apiUrl : "" };
    } catch {
        return { apiUrl: "" };
    }
}

/** Who uses this tab, for all that React draws. */

import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { Client } from "./client.ts";
import type { Config } from "./config.ts";
import { forget, keep, kept } from "./key.ts";

interface Session {
    config: Config;
    key: string | null;
    /** The workspace that was signed in to last. */
    slug: string | null;
    signIn: (key: string, slug: string) => void;
    signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ config, children }: { config: Config; children: ReactNode }) {
    const [given, setGiven] = useState(kept);
    const signIn = useCallback((key: string, slug: string) => {
        keep(key, slug);
        setGiven({ key, slug });
    }, []);
    const signOut = useCallback(() => {
        forget();
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

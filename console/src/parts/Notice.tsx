/** What a page shows where it has nothing to show: why, and what to do next. */

import type { ReactNode } from "react";
import type { Refusal } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { Icon } from "./Icon.tsx";

/** `isPage`: it is all that the page shows, so that it is the page's title, too. */
export function Loading({ what, isPage = false }: { what: string; isPage?: boolean }) {
    const What = isPage ? "h1" : "p";
    return (
        <div className="loading" role="status">
            <span className="spinner" aria-hidden="true" />
            <What>Loading {what} …</What>
        </div>
    );
}

interface EmptyGiven {
    title: string;
    children?: ReactNode;
    action?: ReactNode;
    /** Whether it is all that the page shows, so that its title is the page's. */
    isPage?: boolean;
}

export function Empty({ title, children, action, isPage = false }: EmptyGiven) {
    return (
        <div className="empty">
            {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
            {children && <p>{children}</p>}
            {action}
        </div>
    );
}

interface TroubleGiven {
    refusal: Refusal;
    again?: () => void;
    /** Whether it is all that the page shows. */
    isPage?: boolean;
}

export function Trouble({ refusal, again, isPage = false }: TroubleGiven) {
    const { signOut } = useSession();
    const What = isPage ? "h1" : "p";
    return (
        <div className="trouble" role="alert">
            <Icon name="warning" />
            <div>
                <What className="trouble-what">{refusal.message}</What>
                <p>{advice(refusal)}</p>
                <p className="actions">
                    {refusal.status !== 401 && again && (
                        <button type="button" onClick={again}>
                            Try again
                        </button>
                    )}
                    {(refusal.status === 401 || refusal.status === 403) && (
                        <button type="button" onClick={signOut}>
                            Sign in with another key
                        </button>
                    )}
                </p>
                {refusal.requestId && <p className="quiet small">Request {refusal.requestId}</p>}
            </div>
        </div>
    );
}

function advice({ status, retryAfterSeconds }: Refusal): string {
    if (status === 0) return "See whether you are online and the service is running, then try again.";
    if (status === 401) return "The key is unknown here, or no longer: sign in again.";
    if (status === 403) return "Ask an admin of the workspace, or the workflow's owner, to let you.";
    if (status === 404) return "It may have been archived, or the link may be for another workspace.";
    if (status === 429)
        return `Your key has used up its requests: wait ${retryAfterSeconds ?? 60} seconds, then try again.`;
    if (status >= 500)
        return "This is not your fault. Try again in a moment; if it stays, tell the operator the request below.";
    return "Change what was asked for, then try again.";
}

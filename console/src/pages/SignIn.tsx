import { type FormEvent, useId, useState } from "react";
import { Client, type Refusal } from "../api/client.ts";
import { useSession } from "../api/session.tsx";
import { refusalOf } from "../api/useAnswer.ts";
import { Logo } from "../App.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { goTo } from "../route.ts";

/** Asks for a key, and sees whether it is good before it is kept. A link that was opened goes on where it leads. */
export function SignIn({ slug }: { slug: string | null }) {
    const { config, signIn, slug: before } = useSession();
    const [workspace, setWorkspace] = useState(slug ?? before ?? "");
    const [key, setKey] = useState("");
    const [refusal, setRefusal] = useState<Refusal | null>(null);
    const [isBusy, setBusy] = useState(false);
    const ids = useId();
    useTitle("Sign in");

    async function submit(event: FormEvent) {
        event.preventDefault();
        setBusy(true);
        try {
            const client = new Client(config.apiUrl, key.trim());
            await client.call("get", "/api/workspaces/{slug}/workflows", {
                path: { slug: workspace.trim() },
                query: { limit: 1 },
            });
            signIn(key.trim(), workspace.trim());
            if (slug !== workspace.trim()) goTo({ page: "workflows", slug: workspace.trim() });
        } catch (error) {
            setRefusal(refusalOf(error));
            setBusy(false);
        }
    }

    return (
        <main className="sign-in">
            <form onSubmit={(event) => void submit(event)}>
                <h1>
                    <Logo /> Workflow console
                </h1>
                {slug && <p className="quiet">Sign in to open the link you followed.</p>}
                <label htmlFor={`${ids}-workspace`}>Workspace</label>
                <input
                    id={`${ids}-workspace`}
                    value={workspace}
                    onChange={(event) => setWorkspace(event.target.value)}
                    required
                    maxLength={64}
                    autoComplete="organization"
                    autoCapitalize="none"
                    spellCheck={false}
                    placeholder="acme"
                    aria-invalid={refusal?.status === 404}
                />
                <label htmlFor={`${ids}-key`}>API key</label>
                <input
                    id={`${ids}-key`}
                    type="password"
                    value={key}
                    onChange={(event) => setKey(event.target.value)}
                    required
                    maxLength={256}
                    autoComplete="off"
                    spellCheck={false}
                    aria-describedby={`${ids}-hint`}
                    aria-invalid={refusal?.status === 401}
                />
                <p id={`${ids}-hint`} className="quiet small">
                    It is kept in this tab only, until you close it.
                </p>
                {refusal && (
                    <p className="form-error" role="alert">
                        <Icon name="warning" size={14} /> {told(refusal, workspace)}
                    </p>
                )}
                <button type="submit" className="primary" disabled={isBusy}>
                    {isBusy ? "Signing in …" : "Sign in"}
                </button>
            </form>
            <p className="quiet small">
                All that this page does, the <a href={`${config.apiUrl}/openapi.json`}>API</a> does too.
            </p>
        </main>
    );
}

function told(refusal: Refusal, workspace: string): string {
    if (refusal.status === 401)
        return "This key is unknown. Look for a missing character, or ask your operator for a new one.";
    if (refusal.status === 403) return `This key has no role in the workspace “${workspace}”.`;
    if (refusal.status === 404) return `There is no workspace “${workspace}”. Give its slug, such as acme.`;
    return refusal.message;
}

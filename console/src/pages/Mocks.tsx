import { read } from "../api/exactJson.ts";
import { type Graph, isEffect } from "../definition/graph.ts";
import { readable } from "../definition/readable.ts";
import { Editor } from "../editor/Editor.tsx";
import { Icon, iconOf } from "../parts/Icon.tsx";

interface Given {
    graph: Graph;
    text: string;
    onText: (text: string) => void;
}

/** What effects shall come to in a dry run, where their own simulated answer is not what one wants to try. */
export function Mocks({ graph, text, onText }: Given) {
    const effects = graph.nodes.filter(({ type }) => isEffect(type));
    const known = objectIn(text);

    function set(id: string, mock: object): void {
        onText(readable({ ...known, [id]: mock }));
    }

    return (
        <section className="card mocks" aria-labelledby="mocks">
            <h2 id="mocks">Mocks</h2>
            <p className="quiet small">
                Effects answer with a simulated output of their own, unless you give one, or an error. A list is used in
                turn, attempt by attempt.
            </p>
            <ul className="mock-list">
                {effects.map(({ id, type }) => (
                    <li key={id}>
                        <Icon name={iconOf(type)} size={14} />
                        <span className="clipped">{id}</span>
                        <button type="button" disabled={!known} onClick={() => set(id, { output: {} })}>
                            Output<span className="visually-hidden"> for {id}</span>
                        </button>
                        <button type="button" disabled={!known} onClick={() => set(id, { error: "It failed" })}>
                            Error<span className="visually-hidden"> for {id}</span>
                        </button>
                    </li>
                ))}
            </ul>
            <Editor label="Mocks, as JSON" text={text} onText={onText} />
        </section>
    );
}

function objectIn(text: string): object | null {
    try {
        const value = read(text);
        return typeof value === "object" && !Array.isArray(value) ? value : null;
    } catch {
        return null;
    }
}

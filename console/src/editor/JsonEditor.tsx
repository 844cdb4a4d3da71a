/**
 * JSON, to be written: with what is wrong underlined where it is.
 *
 * CodeMirror makes its styles as it goes. In a shadow root it adopts them as constructed style sheets, which need no
 * `unsafe-inline` in the page's policy.
 */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
    drawSelection,
    EditorView,
    highlightActiveLine,
    highlightActiveLineGutter,
    keymap,
    lineNumbers,
} from "@codemirror/view";
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Fault } from "../api/client.ts";
import { firstUnreadable, rangeAt } from "../definition/places.ts";
import { colours, theme } from "./theme.ts";

export interface Target {
    path: string;
    enter: boolean;
}

export interface EditorGiven {
    label: string;
    text: string;
    onText: (text: string) => void;
    faults?: Fault[];
    /** A path to show; another object shows it again. `enter` brings the cursor there, too. */
    target?: Target | null;
    readOnly?: boolean;
    /** Whether the text that was shown in the editor's place has the focus, which the editor takes over. */
    hasFocus: RefObject<boolean>;
}

const NO_FAULTS: Fault[] = [];

export default function JsonEditor({
    label,
    text,
    onText,
    faults = NO_FAULTS,
    target = null,
    readOnly = false,
    hasFocus,
}: EditorGiven) {
    const host = useRef<HTMLDivElement>(null);
    const editor = useRef<EditorView>(null);
    const listener = useRef(onText);
    listener.current = onText;

    useEffect(() => {
        const element = host.current as HTMLDivElement;
        const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
        const view = new EditorView({
            root,
            parent: root,
            state: EditorState.create({
                doc: text,
                extensions: extensions(label, readOnly, (written) => listener.current(written)),
            }),
        });
        editor.current = view;
        if (hasFocus.current) view.focus();
        hasFocus.current = false;
        return () => view.destroy();
        // `text` is where it begins; what is written afterwards comes from here.
    }, [label, readOnly, hasFocus]);

    // In a layout effect, which runs before another key can be read: a later one would put back what was there before it.
    useLayoutEffect(() => {
        const view = editor.current;
        if (view && text !== view.state.doc.toString()) {
            view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
        }
    }, [text]);

    useEffect(() => {
        const view = editor.current;
        if (view) view.dispatch(setDiagnostics(view.state, diagnostics(view, faults)));
    }, [faults, text]);

    useEffect(() => {
        const view = editor.current;
        if (!view || !target) return;
        const { from, to } = rangeAt(view.state.doc.toString(), target.path);
        view.dispatch({
            selection: { anchor: from, head: to },
            effects: EditorView.scrollIntoView(from, { y: "center" }),
        });
        if (target.enter) view.focus();
    }, [target]);

    return <div className="editor" ref={host} />;
}

function extensions(label: string, readOnly: boolean, onText: (text: string) => void) {
    return [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        json(),
        syntaxHighlighting(colours),
        theme,
        typeOver,
        EditorView.lineWrapping,
        EditorState.readOnly.of(readOnly),
        EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({
            "aria-label": label,
            "aria-description": "Escape, then Tab leads on to the next field",
            tabindex: "0",
        }),
        // Escape, then Tab leaves the editor: https://codemirror.net/examples/tab/
        keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
            if (update.docChanged) onText(update.state.doc.toString());
        }),
    ];
}

function diagnostics(view: EditorView, faults: Fault[]): Diagnostic[] {
    const text = view.state.doc.toString();
    if (!text.trim()) return [];
    const unreadable = whyUnreadable(text);
    if (unreadable) return [{ ...firstUnreadable(text), severity: "error", message: unreadable }];
    const found = faults.map(({ path, message }) => ({ ...rangeAt(text, path), severity: "error" as const, message }));
    return found.sort((one, other) => one.from - other.from);
}

function whyUnreadable(text: string): string | null {
    try {
        JSON.parse(text);
        return null;
    } catch (error) {
        return `Not JSON: ${(error as Error).message}`;
    }
}

/**
 * Typing over a selection is done here: the browser would make styled elements of its own, against the page's policy.
 */
const typeOver = EditorView.domEventHandlers({
    beforeinput(event, view) {
        const { main } = view.state.selection;
        if (
            event.inputType !== "insertText" ||
            event.data === null ||
            main.empty ||
            view.composing ||
            view.state.readOnly
        )
            return false;
        event.preventDefault();
        view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
        return true;
    },
});

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** In the page's own colours: custom properties reach into a shadow root. */
export const theme = EditorView.theme({
    "&": { height: "100%", fontSize: "13px", color: "var(--text)", backgroundColor: "var(--card)" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
    ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--quiet)", border: "none", paddingLeft: "4px" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
        backgroundColor: "var(--selection)",
    },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "none" },
    ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "none", color: "var(--quiet)", padding: "0 6px" },
    ".cm-lintRange-error": {
        backgroundImage: "none",
        textDecoration: "underline wavy var(--failed) 1px",
        textUnderlineOffset: "3px",
    },
    ".cm-lintPoint-error::after": { borderBottomColor: "var(--failed)" },
    ".cm-lint-marker-error": { content: "none" },
    ".cm-lint-marker": {
        width: "8px",
        height: "8px",
        margin: "6px 2px",
        borderRadius: "50%",
        backgroundColor: "var(--failed)",
    },
    ".cm-gutter-lint": { width: "14px" },
    ".cm-tooltip": {
        backgroundColor: "var(--card)",
        border: "1px solid var(--line)",
        borderRadius: "6px",
        boxShadow: "var(--shadow)",
        color: "var(--text)",
        maxWidth: "32rem",
    },
    ".cm-diagnostic": {
        padding: "6px 10px",
        borderLeft: "3px solid var(--failed)",
        fontFamily: "var(--sans)",
        fontSize: "13px",
    },
    ".cm-panels": { backgroundColor: "var(--page)", color: "var(--text)" },
});

export const colours = HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--code-name)" },
    { tag: tags.string, color: "var(--code-text)" },
    { tag: [tags.number, tags.bool, tags.null], color: "var(--code-value)" },
    { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--quiet)" },
]);

import { useEffect } from "react";

/** The name of the page, as tabs and screen readers tell it. */
export function useTitle(title: string): void {
    useEffect(() => {
        document.title = `${title} · Workflow console`;
    }, [title]);
}

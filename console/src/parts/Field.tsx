import { type ReactNode, useId } from "react";

/** A field with its label beside it. */
export function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
    const id = useId();
    return (
        <span className="filter">
            <label htmlFor={id}>{label}</label>
            {children(id)}
        </span>
    );
}

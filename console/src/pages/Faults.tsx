import { Icon } from "../parts/Icon.tsx";
import { count } from "../parts/words.ts";
import type { Estimate } from "../api/types.ts";
import type { Validity } from "./useValidity.ts";

interface Given {
    validity: Validity;
    isReadOnly: boolean;
    onFault: (path: string) => void;
}

/** What is wrong with a definition, each fault with the way to its place. */
export function Faults({ validity, isReadOnly, onFault }: Given) {
    const { state, faults, estimate, why } = validity;
    return (
        <div className="faults" data-state={state}>
            <p role="status">
                {state === "unreadable" && (
                    <>
                        <Icon name="warning" size={14} /> Not JSON yet: {why}
                    </>
                )}
                {state === "unknown" && (
                    <>
                        <Icon name="warning" size={14} /> Could not be checked: {why}
                    </>
                )}
                {state === "checking" && <>Checking …</>}
                {state === "valid" && (
                    <>
                        <Icon name="success" size={14} />{" "}
                        {isReadOnly ? "Your key may read this definition, not change it" : "No faults"}
                    </>
                )}
                {state === "faulty" && (
                    <>
                        <Icon name="failed" size={14} /> {count(faults.length, "fault")}: choose one to go to its place
                    </>
                )}
                {state === "valid" && estimate && <span className="estimate"> · {estimated(estimate)}</span>}
            </p>
            {faults.length > 0 && state !== "unreadable" && (
                <ul>
                    {faults.map(({ path, message }, i) => (
                        <li key={`${i} ${path}`}>
                            <button type="button" className="plain" onClick={() => onFault(path)}>
                                <code>{path || "(all of it)"}</code> {message}
                            </button>
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}

/** What a run comes to on AWS: what the service counts, at its region's list prices. */
function estimated({ least, most }: Estimate): string {
    const span =
        least.transitions === most.transitions
            ? String(most.transitions)
            : `${least.transitions} to ${most.transitions}`;
    return `A run takes ${span} state ${span === "1" ? "transition" : "transitions"}, and a thousand cost at most ${DOLLARS.format(most.dollars * 1000)}`;
}

const DOLLARS = new Intl.NumberFormat(undefined, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
});

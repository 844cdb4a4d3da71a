/** `a.b[0]` → `["a", "b", 0]`. A name that is no plain word is in quotes: `variables["a b"]`. */
export function partsOf(path: string): (string | number)[] {
    return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]|([^.[\]]+)/g)].map(
        ([, index, quoted, single, plain]) => (index === undefined ? (quoted ?? single ?? plain ?? "") : Number(index)),
    );
}

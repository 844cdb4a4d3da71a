/** Light, dark, or as the system has it. */

export type Theme = "auto" | "light" | "dark";

const NAME = "theme";

export function storedTheme(): Theme {
    const stored = localStorage.getItem(NAME);
    return stored === "light" || stored === "dark" ? stored : "auto";
}

export function applyTheme(theme: Theme): void {
    document.documentElement.dataset["theme"] = theme;
}

export function storeTheme(theme: Theme): void {
    localStorage.setItem(NAME, theme);
    applyTheme(theme);
}

/** The key that somebody typed in, and their workspace: in the tab's own session storage and nowhere else. */

const KEY = "key";
const SLUG = "workspace";

export function kept(): { key: string | null; slug: string | null } {
    return { key: sessionStorage.getItem(KEY), slug: sessionStorage.getItem(SLUG) };
}

export function keep(key: string, slug: string): void {
    sessionStorage.setItem(KEY, key);
    sessionStorage.setItem(SLUG, slug);
}

export function forget(): void {
    sessionStorage.clear();
}

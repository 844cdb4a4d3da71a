/** Where the API is. */

export interface Config {
    /** The API's origin and stage; empty where the page's own origin serves it. */
    apiUrl: string;
}

/** What `config.json` beside the page says; the page's own origin where it says nothing. */
export async function readConfig(): Promise<Config> {
    try {
        const response = await fetch("./config.json");
        const found = response.ok ? ((await response.json()) as Partial<Config>) : {};
        return { apiUrl: typeof found.apiUrl === "string" ? found.apiUrl : "" };
    } catch {
        return { apiUrl: "" };
    }
}

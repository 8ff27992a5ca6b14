/** The clients that a snippet can be made for. */
export const SNIPPET_CLIENTS = ['claude', 'cursor', 'vscode', 'gemini', 'opencode', 'codex', 'zed', 'goose'] as const;

/** One of {@link SNIPPET_CLIENTS}. */
export type SnippetClient = (typeof SNIPPET_CLIENTS)[number];

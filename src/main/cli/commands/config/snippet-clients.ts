/** Names of the clients for which `mcp-switchyard config` can create a configuration. */
export const SNIPPET_CLIENTS = ['claude', 'cursor', 'vscode', 'gemini', 'opencode', 'codex', 'zed', 'goose'] as const;

/** One of {@link SNIPPET_CLIENTS}. */
export type SnippetClient = (typeof SNIPPET_CLIENTS)[number];

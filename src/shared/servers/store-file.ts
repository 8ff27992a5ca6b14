/** What the store is called in its folder; for a registry, beside its `servers.json`. */
export const STORE_FILE = 'switchyard.db';

import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { isUiUri } from './resource-uris.ts';

/** `_meta` fields that hold the URI of a user interface, in the older form of MCP Apps and in the Apps SDK. */
const FLAT_KEYS = ['ui/resourceUri', 'openai/outputTemplate'] as const;

/**
 * Returns a definition, a result, or a part of either, with its user interface URIs in exposed form (MCP Apps
 * 2026-01-26, resource discovery: `_meta.ui.resourceUri`). Returns the same object if nothing changes.
 */
export function exposeUiLinks(item: JsonObject, expose: (uri: string) => string): JsonObject {
  const meta = item._meta;
  if (!isObject(meta)) return item;
  const changed: Record<string, unknown> = {};
  for (const key of FLAT_KEYS) {
    const uri = meta[key];
    if (typeof uri === 'string' && expose(uri) !== uri) changed[key] = expose(uri);
  }
  const { ui } = meta;
  if (isObject(ui) && typeof ui.resourceUri === 'string' && expose(ui.resourceUri) !== ui.resourceUri)
    changed.ui = { ...ui, resourceUri: expose(ui.resourceUri) };
  return Object.keys(changed).length === 0 ? item : { ...item, _meta: { ...meta, ...changed } };
}

/** Returns the `ui://` URIs that a tool definition names. */
export function uiUrisOf({ _meta: meta }: JsonObject): readonly string[] {
  if (!isObject(meta)) return [];
  const named = [isObject(meta.ui) ? meta.ui.resourceUri : undefined, ...FLAT_KEYS.map((key) => meta[key])];
  return named.filter((uri) => typeof uri === 'string').filter(isUiUri);
}

import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { exposeUiLinks } from '../../catalog/uris/ui-meta.ts';

type Expose = (uri: string) => string;

/**
 * Returns a tool result with all URIs in exposed form: embedded and linked resources, and its user interface. Returns
 * the same object if nothing changes.
 */
export function exposeToolResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(exposeUiLinks(result, expose), 'content', (block) => exposeBlock(block, expose));
}

/** Returns the messages of a prompt with all URIs in exposed form. */
export function exposePromptResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(exposeUiLinks(result, expose), 'messages', (message) => {
    const { content } = message;
    if (Array.isArray(content)) return withList(message, 'content', (block) => exposeBlock(block, expose));
    if (!isObject(content)) return message;
    const block = exposeBlock(content, expose);
    return block === content ? message : { ...message, content: block };
  });
}

/** Returns the contents of a resource with all URIs in exposed form. */
export function exposeReadResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(exposeUiLinks(result, expose), 'contents', (item) => withUri(exposeUiLinks(item, expose), expose));
}

function exposeBlock(original: JsonObject, expose: Expose): JsonObject {
  const block = exposeUiLinks(original, expose);
  if (block.type === 'resource_link') return withUri(block, expose);
  if (block.type !== 'resource' || !isObject(block.resource)) return block;
  return { ...block, resource: withUri(exposeUiLinks(block.resource, expose), expose) };
}

function withUri(item: JsonObject, expose: Expose): JsonObject {
  return typeof item.uri === 'string' ? { ...item, uri: expose(item.uri) } : item;
}

function withList(whole: JsonObject, member: string, each: (item: JsonObject) => JsonObject): JsonObject {
  const list = whole[member];
  if (!Array.isArray(list)) return whole;
  const items = (list as unknown[]).map((item) => (isObject(item) ? each(item) : item));
  return items.some((item, index) => item !== list[index]) ? { ...whole, [member]: items } : whole;
}

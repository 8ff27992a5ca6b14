import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';

type Expose = (uri: string) => string;

/** A result of a tool with the URIs of what it mentions or holds as clients see them. The same object where there are none. */
export function exposeToolResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(result, 'content', (block) => exposeBlock(block, expose));
}

/** The same of a prompt's messages. */
export function exposePromptResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(result, 'messages', (message) => {
    const { content } = message;
    if (Array.isArray(content)) return withList(message, 'content', (block) => exposeBlock(block, expose));
    if (!isObject(content)) return message;
    const block = exposeBlock(content, expose);
    return block === content ? message : { ...message, content: block };
  });
}

/** The same of what a resource holds. */
export function exposeReadResult(result: JsonObject, expose: Expose): JsonObject {
  return withList(result, 'contents', (item) => withUri(item, expose));
}

function exposeBlock(block: JsonObject, expose: Expose): JsonObject {
  if (block.type === 'resource_link') return withUri(block, expose);
  if (block.type !== 'resource' || !isObject(block.resource)) return block;
  return { ...block, resource: withUri(block.resource, expose) };
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

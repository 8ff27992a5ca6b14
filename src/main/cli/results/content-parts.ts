import { isObject } from '../../mcp/json-rpc.ts';

/** A part of a result, in a form that can be printed or saved. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'bytes';
      readonly noun: string;
      readonly name: string | null;
      readonly type: string;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'other'; readonly text: string };

/** Converts a content block of a tool result or prompt. A block of an unknown type becomes JSON text. */
export function partOf(block: unknown): Part {
  if (!isObject(block)) return other(block);
  const { type, text, data, mimeType, resource } = block;
  if (type === 'text' && typeof text === 'string') return { kind: 'text', text };
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return bytesPart(type, null, mimeType, data, `${type}/*`);
  if (type === 'resource' && isObject(resource)) return resourcePart(resource);
  if (type === 'resource_link') return { kind: 'other', text: linkText(block) };
  return other(block);
}

/** Converts a resource, either of a `resources/read` result or embedded in another result. */
export function resourcePart(resource: Readonly<Record<string, unknown>>): Part {
  const { uri, text, blob, mimeType } = resource;
  if (typeof text === 'string') return { kind: 'text', text };
  if (typeof blob !== 'string') return other(resource);
  return bytesPart('file', nameOfUri(uri), mimeType, blob, 'application/octet-stream');
}

/** Formats a size, such as "12.3 kB". */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const unit = bytes < 1_000_000 ? 'kB' : 'MB';
  const size = bytes / (unit === 'kB' ? 1_000 : 1_000_000);
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

function bytesPart(noun: string, name: string | null, mimeType: unknown, base64: string, fallback: string): Part {
  const type = typeof mimeType === 'string' && mimeType !== '' ? mimeType : fallback;
  return { kind: 'bytes', noun, name, type, bytes: Buffer.from(base64, 'base64') };
}

function linkText({ name, uri, mimeType, size, description }: Readonly<Record<string, unknown>>): string {
  const facts = [mimeType, typeof size === 'number' ? sizeText(size) : undefined].filter(
    (fact) => typeof fact === 'string',
  );
  const about = typeof description === 'string' && description !== '' ? `: ${description}` : '';
  const title = typeof name === 'string' ? `${name} ` : '';
  return `${title}<${String(uri)}>${facts.length === 0 ? '' : ` (${facts.join(', ')})`}${about}`;
}

function nameOfUri(uri: unknown): string | null {
  if (typeof uri !== 'string') return null;
  const last =
    uri
      .split(/[?#]/, 1)[0]
      ?.split('/')
      .findLast((part) => part !== '') ?? null;
  try {
    return last === null ? null : decodeURIComponent(last);
  } catch {
    return last;
  }
}

function other(value: unknown): Part {
  return { kind: 'other', text: JSON.stringify(value, null, 2) ?? String(value) };
}

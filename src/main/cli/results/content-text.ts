import type { ToolResult } from '../../mcp/tool-result.ts';
import { printable } from '../terminal/output.ts';
import { type Part, partOf, sizeText } from './content-parts.ts';
import type { SavedPart } from './save-content.ts';

/**
 * Formats a tool result as text. Text blocks are printed as they are. An image, audio or file is described by its name,
 * type and size, and by the path to which it was saved. On a terminal, control characters are removed.
 */
export function contentText({ content, structuredContent }: ToolResult, saved: readonly SavedPart[] | null): string {
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const parts = blocks.map(partOf);
  if (parts.length === 0 && structuredContent !== undefined)
    parts.push({ kind: 'other', text: JSON.stringify(structuredContent, null, 2) });
  return parts
    .map((part, index) => `${partText(part, saved?.find((each) => each.index === index) ?? null)}\n`)
    .join('');
}

/** Formats one part of a result. `saved` is the file to which the part was written; null if it was not saved. */
export function partText(part: Part, saved: SavedPart | null): string {
  if (part.kind !== 'bytes')
    return process.stdout.isTTY
      ? part.text
          .split('\n')
          .map((line) => printable(line))
          .join('\n')
      : part.text;
  const { noun, name, type, bytes } = part;
  const called = name === null ? noun : `${noun} ${printable(name)}`;
  const where = saved === null ? 'give --save DIR to keep it' : `saved to ${saved.path}`;
  return `[${called}: ${printable(type)}, ${sizeText(bytes.length)}; ${where}]`;
}

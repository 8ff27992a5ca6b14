import type { ToolResult } from '../../mcp/tool-result.ts';
import { printable } from '../terminal/output.ts';
import { type Part, partOf, sizeText } from './content-parts.ts';
import type { SavedPart } from './save-content.ts';

/**
 * Formats a result as readable text: texts are unchanged; images, audio and files are named by their name, type and
 * size, or by the path that they were saved to. Text of a tool must not control the terminal.
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

/** Formats one part as a text; `saved` is set if the part was written to a file. */
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

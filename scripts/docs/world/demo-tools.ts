import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

/**
 * For each server, its tools and the names of their text arguments. A question mark means that an argument is optional.
 */
const TOOLS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  search: { search: ['query'] },
  github: { search_issues: ['query'] },
  mail: { send: ['to?'] },
  files: { read_file: ['path'], list_directory: ['path'] },
};

const EVERY_SERVER = { echo: ['message?'] };

/**
 * Adds the tools of the server `name`, or of all servers if `name` is `all`. The tools return their arguments. Also
 * adds a prompt and a resource.
 */
export function addDemoTools(server: McpServer, name: string, words = ''): void {
  const own = name === 'all' ? Object.assign({}, ...Object.values(TOOLS)) : TOOLS[name];
  for (const [tool, fields] of Object.entries<readonly string[]>({ ...own, ...EVERY_SERVER })) {
    const inputSchema = z.object(Object.fromEntries(fields.map(fieldOf)));
    server.registerTool(tool, { description: `The tool ${tool} of ${name} ${words}`.trim(), inputSchema }, (given) => ({
      content: [{ type: 'text', text: `${tool}: ${Object.values(given).join(', ')}` }],
    }));
  }
  server.registerPrompt('summary', { argsSchema: z.object({ city: z.string().optional() }) }, ({ city }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Summarise ${city}` } }],
  }));
  server.registerResource('features', 'demo://features.md', { mimeType: 'text/markdown' }, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/markdown', text: '# Features' }],
  }));
}

function fieldOf(field: string): readonly [string, z.ZodType] {
  return [field.replace('?', ''), field.endsWith('?') ? z.string().optional() : z.string()];
}

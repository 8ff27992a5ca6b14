import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

/**
 * For each server, its tools and the names of their text arguments. A question mark means that an argument is optional.
 */
const TOOLS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  weather: { get: ['city', 'days?'] },
  wikidata: { search: ['query'] },
  github: { search_issues: ['query'] },
  mail: { send: ['to?'] },
  files: { read_file: ['path'], list_directory: ['path'] },
  'my-server': { 'list-things': [] },
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
  if (name === 'weather' || name === 'all') addForecast(server);
  server.registerPrompt('summary', { argsSchema: z.object({ city: z.string().optional() }) }, ({ city }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Summarise ${city}` } }],
  }));
  server.registerResource('features', 'demo://features.md', { mimeType: 'text/markdown' }, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/markdown', text: '# Features' }],
  }));
}

function fieldOf(field: string): readonly [string, z.ZodType] {
  const name = field.replace('?', '');
  const type = name === 'days' ? z.number() : z.string();
  return [name, field.endsWith('?') ? type.optional() : type];
}

function addForecast(server: McpServer): void {
  const shape = { inputSchema: z.object({ city: z.string() }), outputSchema: z.object({ degrees: z.number() }) };
  server.registerTool('forecast', { description: 'The weather of tomorrow', ...shape }, () => ({
    content: [{ type: 'text', text: '{"degrees":21}' }],
    structuredContent: { degrees: 21 },
  }));
}

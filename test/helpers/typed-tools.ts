import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** The smallest possible GIF. */
const GIF = 'R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=';

/**
 * Adds tools for the tests of commands. `say` takes typed arguments and returns them, `picture` returns an image and a
 * file, `slow` never returns, `environment` returns the folder and a variable. Also adds resources, templates and
 * prompts.
 */
export function addTypedTools(server: McpServer): void {
  const say = {
    description: 'Says what it is given',
    inputSchema: z.object({
      text: z.string().describe('What to say'),
      times: z.int().optional(),
      tags: z.array(z.string()).optional(),
      loud: z.boolean().nullable().optional(),
      where: z.object({ lat: z.number(), lng: z.number().optional() }).optional(),
    }),
    annotations: { readOnlyHint: true },
  };
  server.registerTool('say', say, (args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }));
  server.registerTool('fail', { inputSchema: z.object({}) }, () => ({
    content: [{ type: 'text', text: 'it broke' }],
    isError: true,
  }));
  server.registerTool('picture', { inputSchema: z.object({}) }, () => ({
    content: [
      { type: 'text', text: 'look' },
      { type: 'image', data: GIF, mimeType: 'image/gif' },
      { type: 'resource', resource: { uri: 'file:///../../etc/pass wd.pdf', blob: GIF, mimeType: 'application/pdf' } },
      { type: 'resource_link', uri: 'note://one', name: 'one', mimeType: 'text/plain', size: 1234 },
    ],
  }));
  server.registerTool('slow', { inputSchema: z.object({}) }, () => new Promise<never>(() => {}));
  server.registerTool('environment', { inputSchema: z.object({ variable: z.string() }) }, ({ variable }) => ({
    content: [{ type: 'text', text: `${process.cwd()} ${process.env[variable] ?? 'unset'}` }],
  }));
  server.registerResource('one', 'note://one', { mimeType: 'text/plain', description: 'The first note' }, (uri) => ({
    contents: [{ uri: uri.href, text: 'the first note', mimeType: 'text/plain' }],
  }));
  server.registerResource('dot', 'dot://gif', { mimeType: 'image/gif' }, (uri) => ({
    contents: [{ uri: uri.href, blob: GIF, mimeType: 'image/gif' }],
  }));
  server.registerResource('notes', new ResourceTemplate('note://all/{id}', { list: undefined }), {}, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: `note ${String(id)}` }],
  }));
  const greet = { description: 'Greets', argsSchema: z.object({ who: z.string(), tone: z.string().optional() }) };
  server.registerPrompt('greet', greet, ({ who, tone }) => ({
    description: 'A greeting',
    messages: [
      { role: 'user', content: { type: 'text', text: `Greet ${who}${tone === undefined ? '' : `, ${tone}`}` } },
    ],
  }));
}

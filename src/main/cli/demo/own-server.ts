/**
 * Program of a small MCP server that the demo starts as a child process: `node own-server.js toolbox|notebook`. Listens
 * on a free port, and prints its URL as the first line of output.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { systemClock } from '../../../shared/clock.ts';
import { createMcpEndpoint, type DemoTool } from './mcp-endpoint.ts';

const notes = new Map<string, string>();

const TOOLBOX: readonly DemoTool[] = [
  {
    name: 'now',
    description: 'The time, ISO 8601.',
    inputSchema: z.object({}),
    run: () => new Date(systemClock.now()).toISOString(),
  },
  {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    run: ({ a, b }) => String(Number(a) + Number(b)),
  },
  {
    name: 'reverse',
    description: 'Reverses a text.',
    inputSchema: z.object({ text: z.string() }),
    run: ({ text }) => [...String(text)].reverse().join(''),
  },
];

const NOTEBOOK: readonly DemoTool[] = [
  {
    name: 'write_note',
    description: 'Keeps a note.',
    inputSchema: z.object({ title: z.string(), body: z.string() }),
    run: ({ title, body }) => {
      notes.set(String(title), String(body));
      return `kept "${title}"`;
    },
  },
  {
    name: 'list_notes',
    description: 'Titles of all notes.',
    inputSchema: z.object({}),
    run: () => [...notes.keys()].join('\n') || '(none)',
  },
];

const KINDS: Readonly<Record<string, readonly DemoTool[]>> = { toolbox: TOOLBOX, notebook: NOTEBOOK };

const kind = process.argv[2] ?? 'toolbox';
const tools = KINDS[kind];
if (tools === undefined) throw new Error(`There is no server "${kind}"`);

const http = createServer(createMcpEndpoint(`switchyard-${kind}`, tools));
http.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp\n`);
});
// Standard input ends when the parent process exits. This process then exits too.
process.stdin.on('end', () => process.exit(0)).resume();

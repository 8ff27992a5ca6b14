/**
 * A small real MCP server of our own, run as a child process by the demo: `node own-server.js toolbox|notebook`.
 * It serves both protocol generations on a port of its own choosing and prints its URL as its first line.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';

const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });

function addToolbox(server: McpServer): void {
  server.registerTool('now', { description: 'The time, ISO 8601.' }, () => text(new Date().toISOString()));
  server.registerTool(
    'add',
    { description: 'Adds two numbers.', inputSchema: z.object({ a: z.number(), b: z.number() }) },
    ({ a, b }) => text(String(a + b)),
  );
  server.registerTool(
    'reverse',
    { description: 'Reverses a text.', inputSchema: z.object({ text: z.string() }) },
    (args) => text([...args.text].reverse().join('')),
  );
}

const notes = new Map<string, string>();

function addNotebook(server: McpServer): void {
  server.registerTool(
    'write_note',
    { description: 'Keeps a note.', inputSchema: z.object({ title: z.string(), body: z.string() }) },
    ({ title, body }) => {
      notes.set(title, body);
      return text(`kept "${title}"`);
    },
  );
  server.registerTool('list_notes', { description: 'Titles of all notes.' }, () =>
    text([...notes.keys()].join('\n') || '(none)'),
  );
}

const KINDS: Readonly<Record<string, (server: McpServer) => void>> = { toolbox: addToolbox, notebook: addNotebook };

const kind = process.argv[2] ?? 'toolbox';
const addTools = KINDS[kind];
if (addTools === undefined) throw new Error(`There is no server "${kind}"`);

const handle = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: `switchyard-${kind}`, version: '1.0.0' });
    addTools(server);
    return server;
  }),
);
const isHostValid = localhostHostValidation();
const isOriginValid = localhostOriginValidation();

const http = createServer((request, response) => {
  if (isHostValid(request, response) && isOriginValid(request, response))
    void handle(request as Parameters<typeof handle>[0], response);
});
http.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp\n`);
});
// The parent holds this pipe; when it is gone, so is the reason to run.
process.stdin.on('end', () => process.exit(0)).resume();

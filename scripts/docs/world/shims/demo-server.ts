/**
 * `node demo-server.ts NAME [FILE]`: a stdio server with the tools that the pages call. The text in FILE becomes part
 * of the descriptions of the tools.
 */
import { readFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { addDemoTools } from '../demo-tools.ts';

const [name = 'demo', file] = process.argv.slice(2);
const words = file === undefined ? '' : readFileSync(file, 'utf8');
const server = new McpServer({ name, version: '1.0.0' }, { capabilities: { tools: {} } });
addDemoTools(server, name, words);
await server.connect(new StdioServerTransport());

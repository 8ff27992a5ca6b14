/**
 * A stdio server with two tools for the benchmark: `node scripted-program.ts KIND MS`. A server of kind `cpu` uses MS
 * of processor time before it reads its first message. `wait` waits for MS without using processor time. `silent` reads
 * messages and never answers.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [kind = '', text = '0'] = process.argv.slice(2);
const ms = Number(text);
const inputSchema = { type: 'object', properties: { query: { type: 'string' } } };
const tools = ['first', 'second'].map((name) => ({ name, description: `The ${name} tool`, inputSchema }));

/** Uses `ms` milliseconds of processor time, which takes longer on a busy machine. */
function burn(): void {
  const start = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1_000 >= ms) return;
  }
}

interface Request {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string };
}

function answerTo({ method, params }: Request): Record<string, unknown> {
  if (method === 'initialize') {
    const protocolVersion = params?.protocolVersion ?? '2025-11-25';
    const serverInfo = { name: 'scripted-program', version: '1.0.0' };
    return { result: { protocolVersion, capabilities: { tools: {} }, serverInfo } };
  }
  if (method === 'tools/list') return { result: { tools } };
  if (method === 'ping') return { result: {} };
  return { error: { code: -32601, message: 'Method not found' } };
}

if (kind === 'cpu') burn();
const ready = sleep(kind === 'wait' ? ms : 0);
const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const request = JSON.parse(line) as Request;
  await ready;
  if (kind === 'silent' || request.id === undefined) return;
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answerTo(request) })}\n`);
});
lines.on('close', () => process.exit());

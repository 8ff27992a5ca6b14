/**
 * Calls one server with the library and with both official clients, in turns: `node library-calls-process.ts URL`.
 * Prints LibraryTurns.
 */
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CALL_WAYS, type Call } from '../connectors/call-ways.ts';

/** For each client, the latencies of all calls in each turn, in milliseconds. */
export type LibraryTurns = Readonly<Record<string, readonly (readonly number[])[]>>;

const WARM_UP_CALLS = 1_000;
const TURNS = 20;
const CALLS_PER_TURN = 100;

async function openSdk1(url: string): Promise<Call> {
  const client = new Client1({ name: 'bench', version: '1.0.0' });
  // The cast is needed because, under exactOptionalPropertyTypes, the SDK's transport does not match its own interface.
  await client.connect(new Http1(new URL(url)) as Parameters<Client1['connect']>[0]);
  await client.listTools();
  return () => client.callTool({ name: 'tool_0', arguments: { query: 'railway' } });
}

async function timed(call: Call, count: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (let made = 0; made < count; made += 1) {
    const startedMs = performance.now();
    await call(0);
    latenciesMs.push(performance.now() - startedMs);
  }
  return latenciesMs;
}

const url = process.argv[2] ?? '';
const open = async (way: string): Promise<Call> => {
  const opened = await CALL_WAYS[way]?.([url], 'auto');
  if (opened === undefined) throw new Error(`Unknown way "${way}"`);
  return opened;
};
const calls: readonly (readonly [way: string, Call])[] = [
  ['SDK 1.x, direct', await openSdk1(url)],
  ['SDK 2.x, direct', await open('sdk')],
  ['library', await open('manager')],
  ['undici alone', await open('raw')],
];
for (const [, call] of calls) await timed(call, WARM_UP_CALLS);
const turns = calls.map(([way]): readonly [string, number[][]] => [way, []]);
for (let turn = 0; turn < TURNS; turn += 1)
  for (const [index, [, call]] of calls.entries()) turns[index]?.[1].push(await timed(call, CALLS_PER_TURN));
process.stdout.write(JSON.stringify(Object.fromEntries(turns) satisfies LibraryTurns), () => process.exit());

/**
 * The client that the official conformance suite runs: `node client.ts own|stdio|sse URL`.
 * It connects like a manager (`own`), or over stdio (`stdio`) or legacy HTTP+SSE (`sse`) to a bridge that forwards to
 * the URL. It lists the tools like a manager and calls them. The exit code is 1 if anything failed.
 */
import { fileURLToPath } from 'node:url';
import { DpopSession } from '@modelcontextprotocol/client';
import { Agent } from 'undici';
import { createConnect } from '../../src/main/connectors/bring-up/choose-connect.ts';
import { listAllTools } from '../../src/main/connectors/bring-up/list-tools.ts';
import type { Connection, ConnectorTarget } from '../../src/main/connectors/connection/connection.ts';
import { NO_CREDENTIALS } from '../../src/main/connectors/credentials/credentials.ts';
import { HostCredentials } from '../../src/main/connectors/credentials/host-credentials.ts';
import { createSseConnect } from '../../src/main/connectors/sse/sse-connect.ts';
import { createStdioConnect } from '../../src/main/connectors/stdio/stdio-connect.ts';
import type { HostSide } from '../../src/main/mcp/host-side.ts';
import type { RemoteToolDefinition } from '../../src/shared/tools/tool-definition.ts';
import { startSseBridge } from '../fixtures/sse/sse-bridge.ts';
import { isHttpOnly } from './http-only.ts';
import { createLogin, type Preregistered } from './oauth.ts';

type Json = Readonly<Record<string, unknown>>;

interface Context extends Preregistered {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Json }[];
}

const TIMEOUT_MS = 20_000;

/** A value for a property that a tool requires. */
const VALUES: Readonly<Record<string, unknown>> = {
  string: 'text',
  number: 5,
  integer: 5,
  boolean: true,
  array: [],
  object: {},
};

const [way = 'own', url = ''] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO = '', MCP_CONFORMANCE_PROTOCOL_VERSION, MCP_CONFORMANCE_CONTEXT } = process.env;
// The suite also runs scenarios about HTTP itself over the bridges, but their results are not counted.
if (way !== 'own' && isHttpOnly(MCP_CONFORMANCE_SCENARIO)) process.exit();
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}') as Context;

/** A user who accepts every request and leaves each field at its default. */
const host: HostSide = {
  capabilities: { elicitation: { form: { applyDefaults: true } } },
  answer: async ({ params }) => ({ action: 'accept', content: defaultsOf(params.requestedSchema as Json | undefined) }),
};

function defaultsOf(schema: Json | undefined): Json {
  const properties = Object.entries((schema?.properties ?? {}) as Record<string, Json>);
  return Object.fromEntries(
    properties.flatMap(([name, property]) => {
      if (property.default !== undefined) return [[name, property.default]];
      return property.type === 'boolean' ? [[name, true]] : [];
    }),
  );
}

function argumentsOf(tool: RemoteToolDefinition): Json {
  const inputSchema = tool.inputSchema as Json;
  const properties = (inputSchema.properties ?? {}) as Record<string, Json>;
  const required = Array.isArray(inputSchema.required) ? (inputSchema.required as string[]) : [];
  return Object.fromEntries(required.map((name) => [name, VALUES[String(properties[name]?.type)] ?? 'text']));
}

async function callAll(connection: Connection, signal: AbortSignal): Promise<void> {
  const { tools } = await listAllTools(connection, { maxPages: 64, maxTools: 10_000, timeoutMs: TIMEOUT_MS }, signal);
  const calls = context.toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsOf(tool) }));
  for (const { name, arguments: args } of calls) {
    const tool = tools.find((listed) => listed.name === name);
    if (tool === undefined) throw new Error(`The server lists no tool ${name}`);
    await connection.callTool(tool, args, { signal, timeoutMs: TIMEOUT_MS });
  }
}

const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 });
const options = { dispatcher: agent, maxResultBytes: 32 * 1024 * 1024, host };
const WAYS = { own: createConnect, stdio: createStdioConnect, sse: createSseConnect } as const;
const connect = WAYS[way as keyof typeof WAYS](options);
const sse = way === 'sse' ? await startSseBridge(url) : null;
const bridge = fileURLToPath(new URL('../fixtures/stdio/stdio-bridge.ts', import.meta.url));
// With `auto`, `initialize` is sent in parallel to a probe that has no response for 2 s. The suite forbids this, and a
// bridge can take 2 s to start, so bridges use `modern`. The suite's own servers can be that slow while all its clients
// run, so those scenarios are run again, one at a time.
const modernPolicy = way === 'own' ? 'auto' : 'modern';

/** Creates the credentials of a user who logs in through the library's option `oauth`. */
async function hostLogin(): Promise<HostCredentials> {
  const isBound = MCP_CONFORMANCE_SCENARIO.startsWith('auth/dpop');
  const oauth = createLogin(context, isBound ? await DpopSession.create() : undefined);
  return new HostCredentials({
    connectorId: 'conformance',
    url: new URL(url),
    headers: {},
    oauth,
    dispatcher: agent,
  });
}

const target: ConnectorTarget = {
  id: 'conformance',
  name: 'conformance',
  url: sse?.url ?? new URL(url),
  headers: {},
  era: MCP_CONFORMANCE_PROTOCOL_VERSION === '2026-07-28' ? modernPolicy : 'legacy',
  transport: 'streamable-http',
  credentials: MCP_CONFORMANCE_SCENARIO.startsWith('auth/') ? await hostLogin() : NO_CREDENTIALS,
  command: way === 'stdio' ? { command: process.execPath, args: [bridge, url], env: {}, cwd: null } : null,
};
const { signal } = new AbortController();
const limits = { signal, timeoutMs: TIMEOUT_MS };
try {
  const connection = await connect(target, { onLost: () => {}, onToolsChanged: () => {} }, limits);
  try {
    await callAll(connection, signal);
  } finally {
    await connection.close();
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await agent.destroy();
  sse?.[Symbol.dispose]();
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageBin } from '../../../src/main/cli/demo/package-bin.ts';
import { listAllTools } from '../../../src/main/connectors/bring-up/list-tools.ts';
import type {
  Connection,
  ConnectionEvents,
  ConnectorTarget,
  RequestLimits,
} from '../../../src/main/connectors/connection/connection.ts';
import { EraMemory } from '../../../src/main/connectors/connection/era-memory.ts';
import { NO_CREDENTIALS } from '../../../src/main/connectors/credentials/credentials.ts';
import { createStdioConnect } from '../../../src/main/connectors/stdio/stdio-connect.ts';
import { type HostSide, TOOLS_ONLY } from '../../../src/main/mcp/host-side.ts';
import { signalOf } from '../../../src/shared/cancellation.ts';
import { eventually } from '../../helpers/eventually.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const SERVER = fileURLToPath(new URL('../../fixtures/stdio/scripted-server.ts', import.meta.url));
const INITIALIZED =
  '{"jsonrpc":"2.0","id":"$id","result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"prompts":null},"serverInfo":{"name":"s","version":"1"}}}';
const UNKNOWN = '{"jsonrpc":"2.0","id":"$id","error":{"code":-32601,"message":"Method not found"}}';
const MODERN_LATE =
  '{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{},"serverInfo":{"name":"m"}}}';
const NOTICE = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"up"}}';
const ECHO = { name: 'echo', inputSchema: { type: 'object' } };
const LISTED = `{"jsonrpc":"2.0","id":"$id","result":{"tools":[${JSON.stringify(ECHO)}],"nextCursor":null}}`;
const LEGACY = { 'server/discover': [UNKNOWN], initialize: [INITIALIZED], 'tools/list': [LISTED] };

interface Opened extends AsyncDisposable {
  readonly connection: Connection;
  readonly limits: RequestLimits;
  /** The lines that the server received. */
  seen(): readonly {
    readonly method: string;
    readonly id?: number;
    readonly params?: Readonly<Record<string, unknown>>;
  }[];
  readonly heard: string[];
  /** Returns how many times the server was started. */
  starts(): number;
}

interface Settings {
  readonly era?: ConnectorTarget['era'];
  readonly host?: HostSide;
  readonly timeoutMs?: number;
  readonly eras?: EraMemory;
}

function targetOf(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  era: ConnectorTarget['era'],
): ConnectorTarget {
  const command = { command: process.execPath, args, env, cwd: null };
  const url = new URL('stdio:scripted');
  return { id: 's', name: 's', url, headers: {}, era, transport: 'auto', credentials: NO_CREDENTIALS, command };
}

async function open(script: Readonly<Record<string, readonly string[]>>, settings: Settings = {}): Promise<Opened> {
  const { era = 'auto', host = TOOLS_ONLY, timeoutMs = 20_000, eras = new EraMemory() } = settings;
  const folder = new TempDir();
  const file = join(folder.path, 'seen');
  const heard: string[] = [];
  let starts = 0;
  const events: ConnectionEvents = {
    onLost: (error) => heard.push(`lost: ${error.message}`),
    onToolsChanged: () => heard.push('tools changed'),
    onNotification: (method) => heard.push(method),
    onFirstMessage: () => heard.push('first message'),
    onProcess: () => {
      starts += 1;
    },
  };
  const limits = { signal: AbortSignal.timeout(timeoutMs), timeoutMs };
  const connect = createStdioConnect({ maxResultBytes: 1_000_000, host, eras });
  const connection = await connect(targetOf([SERVER, JSON.stringify(script)], { SEEN: file }, era), events, limits);
  return {
    connection,
    limits,
    heard,
    starts: () => starts,
    seen: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      await connection.close();
      folder[Symbol.dispose]();
    },
  };
}

const answered = (result: string): string => `{"jsonrpc":"2.0","id":"$id","result":${result}}`;
const call = ({ connection, limits }: Opened) => connection.callTool(ECHO, {}, limits);

// A host waits up to 10 s for a silent server. These tests run concurrently so that they wait at the same time.
describe.concurrent('the handshake with a stdio server', () => {
  it('the handshake with a stdio server uses `initialize` if the server does not know `server/discover`', async () => {
    await using opened = await open(LEGACY);
    expect(opened.connection.facts).toEqual({
      era: 'legacy',
      transport: 'stdio',
      protocolVersion: '2025-06-18',
      serverName: 's',
      capabilities: { tools: {} },
    });
    await eventually('the handshake is over', () => opened.seen().length === 3);
    expect(opened.seen().map(({ method }) => method)).toEqual([
      'server/discover',
      'initialize',
      'notifications/initialized',
    ]);
    expect(opened.heard).toEqual(['first message']);
  });

  it.each([
    ['2 s after its first output', { '': ['starting'] }, 2_000, 8_000],
    ['10 s after its start without output', {}, 10_000, 20_000],
  ])(
    'a stdio server that ignores `server/discover` gets `initialize` %s',
    async (_, script, leastMs, mostMs) => {
      const startedMs = performance.now();
      await using opened = await open({ ...LEGACY, ...script, 'server/discover': [] });
      const tookMs = performance.now() - startedMs;
      expect(opened.connection.facts.era).toBe('legacy');
      expect([tookMs >= leastMs, tookMs < mostMs]).toEqual([true, true]);
    },
    40_000,
  );

  it.each([
    ['before', [MODERN_LATE, INITIALIZED]],
    ['after', [INITIALIZED, MODERN_LATE]],
  ])('a stdio server is modern if it answers `server/discover` just %s `initialize`', async (_, initialize) => {
    await using opened = await open({ '': ['starting'], 'server/discover': [], initialize });
    expect(opened.connection.facts.era).toBe('modern');
    expect(opened.seen().map(({ method }) => method)).toEqual(['server/discover', 'initialize']);
  });

  it.each<[string, readonly string[]]>([
    ['', []],
    [' after a notification', [NOTICE]],
  ])(
    'a stdio server that exits at `server/discover`%s is started again, and is remembered as legacy',
    async (_, first) => {
      const eras = new EraMemory();
      const script = { ...LEGACY, '': first, 'server/discover': ['exit'] };
      for (const starts of [2, 1]) {
        await using opened = await open(script, { eras });
        expect(opened.connection.facts.era).toBe('legacy');
        expect(opened.starts()).toBe(starts);
      }
    },
  );

  it('a stdio server that ignores `server/discover` gets the same request again at its next start', async () => {
    const eras = new EraMemory();
    for (const _ of [1, 2]) {
      await using opened = await open({ ...LEGACY, '': ['starting'], 'server/discover': [] }, { eras });
      expect(opened.seen()[0]?.method).toBe('server/discover');
    }
  });

  it('a stdio server that answers `server/discover` is modern, and gets no `initialize`', async () => {
    const discovered = answered(
      '{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"serverInfo":{"name":"m"}}',
    );
    await using opened = await open({ 'server/discover': [discovered], 'tools/call': [answered('{"content":[]}')] });
    expect(opened.connection.facts).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28', serverName: 'm' });
    await call(opened);
    const [, called] = opened.seen();
    expect(called?.params?._meta).toMatchObject({ 'io.modelcontextprotocol/protocolVersion': '2026-07-28' });
  });

  it('the handshake with a stdio server accepts the protocol version that the first SDKs used', async () => {
    const initialize = [INITIALIZED.replace('2025-06-18', '2024-10-07')];
    await using opened = await open({ ...LEGACY, initialize });
    expect(opened.connection.facts.protocolVersion).toBe('2024-10-07');
  });

  it('the error of a rejected handshake with a stdio server says why the server rejected it', async () => {
    const refused = '{"jsonrpc":"2.0","id":"$id","error":{"code":-32000,"message":"licence expired"}}';
    const opening = open({ 'server/discover': [UNKNOWN], initialize: [refused] });
    await expect(opening).rejects.toMatchObject({
      code: 'CONNECTOR_CONNECT_FAILED',
      message: expect.stringContaining('licence expired'),
    });
  });
});

describe.concurrent('a message of a stdio server', () => {
  it('a response of a stdio server may hold unknown members, and a null error next to a result', async () => {
    const more = '{"jsonrpc":"2.0","id":"$id","error":null,"result":{"content":[],"unknown":{"kept":[1]}},"extra":1}';
    await using opened = await open({ ...LEGACY, 'tools/call': [more] });
    expect(await call(opened)).toEqual({ content: [], unknown: { kept: [1] } });
  });

  it('a response of a stdio server answers its call even if it carries the id as a string', async () => {
    const script = { ...LEGACY, 'tools/call': ['{"jsonrpc":"2.0","id":"3","result":{"content":[]}}'] };
    await using opened = await open(script);
    expect(await call(opened)).toEqual({ content: [] });
  });

  it('a stdio server may send several messages in an array', async () => {
    const batch = `[{"jsonrpc":"2.0","method":"notifications/tools/list_changed"},${answered('{"content":[]}')}]`;
    await using opened = await open({ ...LEGACY, 'tools/call': [batch] });
    await call(opened);
    expect(opened.heard).toContain('tools changed');
  });

  it.each([
    ['{"id":"$id","result":{"content":[]}}', 'the member `jsonrpc` is not "2.0"'],
    ['{"jsonrpc":"2.0","id":"$id","result":null}', 'must be an object and is null'],
    ['{"jsonrpc":"2.0","id":"$id","result":["x"]}', 'must be an object and is an array'],
    ['{"jsonrpc":"2.0","id":"$id","error":"broken"}', '`error` must be an object with a numeric `code`'],
    ['{"jsonrpc":"2.0","id":"$id"}', 'neither a result nor an error'],
  ])('a malformed response of a stdio server makes its call fail immediately: %s', async (line, reason) => {
    await using opened = await open({ ...LEGACY, 'tools/call': [line] });
    await expect(call(opened)).rejects.toMatchObject({
      code: 'TOOL_CALL_REJECTED',
      message: expect.stringContaining(reason),
    });
  });

  it('lines of a stdio server that are not JSON are ignored', async () => {
    await using opened = await open({ ...LEGACY, '': ['Server is running', '{"half":'] });
    const limits = { maxPages: 2, maxTools: 10, timeoutMs: 10_000 };
    expect((await listAllTools(opened.connection, limits, signalOf(opened.limits.signal))).tools).toEqual([ECHO]);
  });

  it('a progress notification of a stdio server reaches the caller of its call', async () => {
    const progress =
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1,"total":2}}';
    await using opened = await open({ ...LEGACY, 'tools/call': [progress, answered('{"content":[]}')] });
    const steps: unknown[] = [];
    await opened.connection.callTool(ECHO, {}, { ...opened.limits, onProgress: (step) => steps.push(step) });
    expect(steps).toEqual([{ progress: 1, total: 2 }]);
  });

  it('a stdio server can send a request to the host during a call, and gets the response with the id of the request', async () => {
    const ask = '{"jsonrpc":"2.0","id":"q","method":"roots/list"}';
    const host: HostSide = { capabilities: { roots: {} }, answer: async () => ({ roots: [] }) };
    await using opened = await open({ ...LEGACY, 'tools/call': [ask, answered('{"content":[]}')] }, { host });
    await call(opened);
    await eventually('the answer arrived', () => opened.seen().some(({ id }) => String(id) === 'q'));
    expect(opened.seen().find(({ id }) => String(id) === 'q')).toEqual({
      jsonrpc: '2.0',
      id: 'q',
      result: { roots: [] },
    });
  });
});

describe.concurrent('a call over stdio', () => {
  it('an aborted call over stdio is cancelled with a notification, and the connection stays usable', async () => {
    await using opened = await open({ ...LEGACY, 'tools/call': [] });
    const gone = new AbortController();
    const called = opened.connection.callTool(ECHO, {}, { ...opened.limits, signal: gone.signal });
    await eventually('it is under way', () => opened.seen().some(({ method }) => method === 'tools/call'));
    gone.abort(new Error('no longer wanted'));
    await expect(called).rejects.toThrow('no longer wanted');
    await eventually('the program hears of it', () =>
      opened.seen().some(({ method }) => method === 'notifications/cancelled'),
    );
    const { id } = opened.seen().find(({ method }) => method === 'tools/call') ?? {};
    expect(opened.seen().at(-1)?.params).toMatchObject({ requestId: id });
    expect(opened.heard).toEqual(['first message']);
  });

  it('a call over stdio fails when the server exits, and the error says that the call may have run', async () => {
    await using opened = await open({ ...LEGACY, 'tools/call': ['exit'] });
    await expect(call(opened)).rejects.toMatchObject({ code: 'TOOL_CALL_LOST', detail: { sent: 'maybe' } });
    expect(opened.heard.at(-1)).toMatch(/^lost: .* exited with code 4/);
  });
});

describe.concurrent('a modern stdio server that declares list changes', () => {
  it('a modern stdio server that declares list changes gets a subscription, and its notifications arrive', async () => {
    const discovered = answered('{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}}}');
    const listening = [
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{}}',
      '{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}',
    ];
    await using opened = await open({ 'server/discover': [discovered], 'subscriptions/listen': listening });
    await eventually('the notice arrived', () => opened.heard.includes('tools changed'));
    expect(opened.heard).toEqual(['first message', 'tools changed']);
    const [, listen] = opened.seen();
    expect(listen?.params).toMatchObject({ notifications: { toolsListChanged: true } });
  });
});

describe.concurrent('the real server-everything over stdio', () => {
  it.each(['auto', 'legacy'] as const)(
    'the real server-everything lists and calls tools over stdio (%s), and leaves no process behind',
    async (era) => {
      const bin = packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything') ?? '';
      const programs: { readonly pid: number | null }[] = [];
      const limits = { signal: new AbortController().signal, timeoutMs: 20_000 };
      const connect = createStdioConnect({ maxResultBytes: 10_000_000, host: TOOLS_ONLY });
      const events = {
        onLost: () => {},
        onToolsChanged: () => {},
        onProcess: (view: (typeof programs)[0]) => programs.push(view),
      };
      const connection = await connect(targetOf([bin, 'stdio'], {}, era), events, limits);
      const listing = await listAllTools(connection, { maxPages: 9, maxTools: 99, timeoutMs: 10_000 }, limits.signal);
      const echo = listing.tools.find(({ name }) => name === 'echo') ?? ECHO;
      const answer = await connection.callTool(echo, { message: 'over stdio' }, limits);
      expect(answer.content).toEqual([{ type: 'text', text: 'Echo: over stdio' }]);
      const pid = programs[0]?.pid ?? 0;
      await connection.close();
      expect(() => process.kill(-pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    },
  );
});

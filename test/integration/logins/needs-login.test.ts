import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import type { Ended } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const challenge: Answer = ({ response }) => void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();

/** The OAuth metadata of a server that is its own issuer. */
const metadata: Answer = ({ response }) => {
  const origin = `http://${response.req.headers.host}`;
  const path = response.req.url ?? '';
  if (!path.startsWith('/.well-known/')) return void response.writeHead(401).end();
  const document = path.includes('protected-resource')
    ? { resource: `${origin}/mcp`, authorization_servers: [origin] }
    : {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
      };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
};

/** A server that answers every MCP request with a challenge. */
const startProtected = (): Promise<RawMcpServer> =>
  RawMcpServer.start({ 'server/discover': challenge, initialize: challenge, GET: metadata });

/** Returns the number of attempts to connect to a server. */
const attempts = (of: RawMcpServer): number => of.of('server/discover').length + of.of('initialize').length;

/** Makes a protected server behave like a server without a login. */
const unlock = (server: RawMcpServer): void => {
  for (const kind of ['server/discover', 'initialize'] as const) server.answers[kind] = LEGACY_ANSWERS[kind];
};
const LEGACY_ANSWERS: Record<'server/discover' | 'initialize', Answer> = {
  'server/discover': ({ response }) => void response.writeHead(404).end(),
  initialize: ({ result }) =>
    result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } }),
};

let server: RawMcpServer;
let open: RawMcpServer;
let file: LocalFile;

beforeAll(async () => {
  [server, open] = await Promise.all([startProtected(), RawMcpServer.start()]);
  file = new LocalFile({ linear: remote(server), open: remote(open) });
});
afterAll(async () => {
  file[Symbol.dispose]();
  await Promise.all([server[Symbol.asyncDispose](), open[Symbol.asyncDispose]()]);
});

const lastLine = ({ stderr }: Ended): string | undefined => stderr.trimEnd().split('\n').at(-1);
const run = (...args: readonly string[]): Promise<Ended> => runCliHere([...args, '--config', file.path, '--no-state']);

describe('a command with a connector that needs a login', () => {
  it.each(['sync', 'status', 'tools', 'doctor'])(
    '`%s` exits with 1 if a connector needs a login, and explains in its last line how to log in',
    async (command) => {
      const [text, json] = [await run(command), await run(command, '--json')];
      for (const ended of [text, json]) {
        expect(ended.code).toBe(1);
        expect(lastLine(ended)).toMatch(/^1 connector wants a login: .*\bauth login linear --config \S+$/);
        expect(ended.stdout + ended.stderr).not.toMatch(/connectorsApiKey|connectors-key|refused the credentials/);
      }
      expect(JSON.parse(json.stdout)).toMatchObject({ ok: false });
    },
  );

  it('`status` shows that a connector needs a login and at which issuer, and tries to connect to its server only once', async () => {
    const before = attempts(server);
    const ended = await run('status', '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({
      connectors: [
        {
          id: 'linear',
          state: 'needs-login',
          lastError: {
            code: 'CONNECTOR_LOGIN_NEEDED',
            message: expect.stringContaining(` at ${server.url.origin}: run`),
          },
        },
        { id: 'open', state: 'ready' },
      ],
    });
    expect(attempts(server) - before).toBe(1);
  });

  it('`tools` lists the tools of the other connectors, and names the connector that needs a login', async () => {
    const { tools, notUp } = JSON.parse((await run('tools', '--json')).stdout);
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(['open.echo']);
    expect(notUp).toMatchObject([{ id: 'linear', state: 'needs-login' }]);
  });

  it('`doctor` reports each connector that needs a login as a separate finding', async () => {
    const { findings } = JSON.parse((await run('doctor', '--json')).stdout);
    const ofIt = findings.filter(({ message }: { message: string }) => message.startsWith('linear:'));
    expect(ofIt).toEqual([
      {
        check: 'login',
        outcome: 'failed',
        message: expect.stringMatching(new RegExp(` at ${server.url.origin}: run .* auth login linear`)),
      },
    ]);
  });

  it('`call` fails immediately with CONNECTOR_LOGIN_NEEDED, and explains once how to log in', async () => {
    const ended = await run('call', 'linear.search', '{}', '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      error: { code: 'CONNECTOR_LOGIN_NEEDED', detail: { connectorId: 'linear', issuer: server.url.origin } },
    });
    expect(lastLine(ended)?.match(/auth login/g)).toHaveLength(1);
    expect(lastLine(ended)).toContain('auth login linear');
    expect((await run('call', 'open.echo')).code).toBe(0);
  });

  it('`sync` suggests `auth login` without a connector id if several connectors need a login', async () => {
    using several = new LocalFile({ a: remote(server), b: remote(server) });
    const ended = await runCliHere(['sync', '--config', several.path, '--no-state']);
    expect(lastLine(ended)).toMatch(/^2 connectors want a login: .*\bauth login --config \S+$/);
  });
});

describe('ready() and /readyz with connectors that need a login', () => {
  it('ready("any") and ready("all") skip a connector that needs a login, but ready(id) does not', async () => {
    await using manager = new ConnectorProxyManager({ configFile: file.path, logger: recordingLogger() });
    await manager.sync();
    await manager.ready('any');
    await manager.ready('all');
    await expect(manager.ready('linear', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'CONNECTOR_TIMEOUT',
      message: expect.stringContaining('linear (needs-login)'),
    });
  });

  it('if all connectors need a login, ready("all") resolves, and ready("any") times out', async () => {
    using only = new LocalFile({ linear: remote(server) });
    await using manager = new ConnectorProxyManager({ configFile: only.path, logger: recordingLogger() });
    await manager.sync();
    await manager.ready('all');
    await expect(manager.ready('any', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'CONNECTOR_TIMEOUT' });
  });

  it.each([
    ['any', 200, []],
    ['all', 200, []],
    [['open'], 200, []],
    [['linear', 'open'], 503, ['linear']],
  ] as const)(
    'with `readyFor` %j, /readyz answers with %i if one of two connectors, "linear", needs a login',
    async (readyFor, status, waitsFor) => {
      await using world = await startGateway(
        { linear: remote(server), open: remote(open) },
        { listener: { readyFor } },
      );
      const answer = await fetch(`${world.listener.url}/readyz`);
      const { waitsFor: named } = (await answer.json()) as { readonly waitsFor: readonly string[] };
      expect([answer.status, named]).toEqual([status, waitsFor]);
    },
  );

  it.each(['any', 'all'] as const)(
    'with `readyFor` "%s", /readyz is ready if every connector needs a login, since nobody could log in otherwise',
    async (readyFor) => {
      await using world = await startGateway({ linear: remote(server) }, { listener: { readyFor } });
      expect((await fetch(`${world.listener.url}/readyz`)).status).toBe(200);
    },
  );

  it('a connector that needs a login is logged once, is not retried, and connects at the next forced sync', async () => {
    await using own = await startProtected();
    using only = new LocalFile({ linear: remote(own) });
    const logger = recordingLogger();
    await using manager = new ConnectorProxyManager({
      ...{ configFile: only.path, logger },
      featureFlags: { asyncRefresh: true, refreshIntervalMs: 1_000 },
    });
    await manager.sync();
    const requests = own.requests.length;
    for (let call = 0; call < 20; call += 1)
      await expect(manager.callTool('linear.echo', {})).rejects.toMatchObject({
        code: 'CONNECTOR_LOGIN_NEEDED',
        name: 'linearConnectorUnavailableError',
      });
    expect(own.requests.length).toBe(requests);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { event: 'connector-state', to: 'needs-login', code: 'CONNECTOR_LOGIN_NEEDED' } },
    ]);
    unlock(own);
    await manager.sync(true);
    await eventually('it is up', () => manager.connector('linear')?.status?.state === 'ready');
    await expect(manager.callTool('linear.echo', {})).resolves.toMatchObject({ content: [{ type: 'text' }] });
  });
});

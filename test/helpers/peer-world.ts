import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { packageBin } from '../../src/main/cli/demo/package-bin.ts';
import { startConformanceServer } from '../fixtures/conformance-server/start.ts';
import { type RunningCli, startCli } from './cli.ts';
import { eventually } from './eventually.ts';
import { LocalFile } from './local-file.ts';
import { TestMcpServer } from './mcp-server.ts';

/** The calls that the connector `probe` has received. */
interface Probe {
  readonly hanging: Set<string>;
  readonly cancelled: Set<string>;
}

/**
 * The gateway in a separate process, in front of three servers.
 * - `everything`: server-everything over stdio.
 * - `fixture`: our fixture of the conformance suite.
 * - `probe`: a server that the test can inspect. Its tool `wait` returns its text after some time, `hang` never does.
 */
export interface PeerWorld extends AsyncDisposable {
  readonly url: string;
  /** The file for `serve --config`. */
  readonly config: string;
  readonly probe: Probe;
}

/** Number of connectors. */
const CONNECTORS = 3;

export async function startPeerWorld(): Promise<PeerWorld> {
  await using started = new AsyncDisposableStack();
  const probe: Probe = { hanging: new Set(), cancelled: new Set() };
  const fixture = started.use(await startConformanceServer());
  const probed = started.use(await startProbe(probe));
  const file = started.use(
    new LocalFile({ everything: everything(), fixture: http(fixture.url), probe: http(probed.url) }),
  );
  const gateway = startCli(['serve', '--config', file.path, '--port', '0', '--json']);
  started.defer(async () => {
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  });
  const url = await urlOf(gateway);
  const parts = started.move();
  return { url, config: file.path, probe, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

function startProbe({ hanging, cancelled }: Probe): Promise<TestMcpServer> {
  return TestMcpServer.startWithSessions((server) => {
    const inputSchema = z.object({ text: z.string(), ms: z.number() });
    server.registerTool('wait', { inputSchema }, async ({ text, ms }) => {
      await sleep(ms);
      return { content: [{ type: 'text', text }] };
    });
    server.registerTool('hang', { inputSchema: z.object({ text: z.string() }) }, ({ text }, { mcpReq }) => {
      hanging.add(text);
      return new Promise((_, reject) =>
        mcpReq.signal.addEventListener(
          'abort',
          () => {
            cancelled.add(text);
            reject(mcpReq.signal.reason);
          },
          { once: true },
        ),
      );
    });
  });
}

function everything(): object {
  const bin = packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything');
  return { command: process.execPath, args: [bin, 'stdio'] };
}

function http(url: string): object {
  return { type: 'http', url };
}

/** Resolves once all connectors are up, because some clients list the tools only once. */
async function urlOf({ seen }: RunningCli): Promise<string> {
  await eventually(
    'all connectors are ready',
    () => (seen.stderr.match(/: ready/g) ?? []).length === CONNECTORS,
    20_000,
  );
  return (JSON.parse(seen.stdout) as { mcp: string }).mcp;
}

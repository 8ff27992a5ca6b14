import { monotonicMs } from '../../../shared/clock.ts';
import { messageOf } from '../../../shared/errors.ts';
import { createGatewayHost } from '../../gateway/protocol/gateway-host.ts';
import { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import { answerJson } from '../terminal/json-document.ts';
import { EXIT, print, say } from '../terminal/output.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { Children } from './children.ts';
import { type DemoConnector, firstConnectors, lateConnector } from './demo-connectors.ts';
import { serveDemo, visitGateway } from './demo-gateway.ts';
import { DemoMapServer } from './demo-map-server.ts';
import {
  type DemoCall,
  type DemoLoad,
  type DemoReport,
  demoFailure,
  reportMembers,
  reportText,
} from './demo-report.ts';

export interface DemoOptions {
  /** Whether to exit after the report instead of running as a gateway. */
  readonly once: boolean;
  readonly json: boolean;
}

const ANSWER_LENGTH = 60;

/**
 * Starts MCP servers, loads a signed map with their entries, and calls their tools. Then refreshes to a second map with
 * one more server. Resolves with the exit code: 0 if nothing failed.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const interrupted = untilInterrupted();
  using children = new Children();
  say('Starting real MCP servers …');
  const first = await Promise.race([Promise.all(firstConnectors().map((start) => start(children))), interrupted]);
  if (typeof first === 'number') return first;

  await using mapServer = new DemoMapServer();
  const serviceMapUrl = await mapServer.listen();
  mapServer.publish(entriesOf(first));
  say(`Signed a map of ${first.length} connectors (HMAC-SHA256, fresh key), served at ${serviceMapUrl}`);

  const host = createGatewayHost();
  await using manager = new ConnectorProxyManager({
    serviceMapUrl,
    signatureKey: mapServer.signatureKey,
    // No proxy is needed, because all servers of the demo run on loopback.
    ...{ proxy: false, host, notifications: true },
  });
  await using gateway = await serveDemo(manager, host);
  const { url } = gateway.listener;
  const reporting = exercise(manager, mapServer, first, children, `${url}/mcp`);
  const report = await Promise.race([reporting, interrupted]);
  if (typeof report === 'number') return report;

  const failure = demoFailure(report);
  if (options.json) answerJson(reportMembers(report), failure);
  else print(`\n${reportText(report)}\n`);
  if (!options.once) {
    say(`Staying up as a gateway, refreshing in the background. MCP for any client: ${url}/mcp`);
    say(`A single connector: ${url}/c/memory/mcp · page ${url}/ · ${url}/metrics · ${url}/readyz`);
    const command = ownCommand('config', 'claude', '--url', `${url}/mcp`);
    say(`To connect one: ${command} (or cursor, vscode). Ctrl-C ends it.`);
    await interrupted;
    say('Ending sessions, threads and servers …');
  }
  return failure === null ? EXIT.ok : EXIT.failed;
}

async function exercise(
  manager: ConnectorProxyManager,
  mapServer: DemoMapServer,
  first: readonly DemoConnector[],
  children: Children,
  mcp: string,
): Promise<DemoReport> {
  manager.on('connector', ({ connectorId, to, why }) => {
    if (to !== 'connecting' && to !== 'closing') say(`  ${connectorId}: ${to} (${why})`);
  });
  const firstLoad = await timedSync(manager, false);
  const calls = await callEach(manager, first);

  const late = await lateConnector(children);
  mapServer.publish(entriesOf([...first, late]));
  say('Published a second map with one more connector; refreshing …');
  const refresh = await timedSync(manager, true);
  calls.push(...(await callEach(manager, [late])));

  say('Connecting to the gateway in front of them, as clients of both protocol generations …');
  const visits = await Promise.all([visitGateway(mcp, 'modern'), visitGateway(mcp, 'legacy')]);
  const { serviceMap, connectors } = manager.status();
  return { serviceMap, connectors, calls, visits, loads: [firstLoad, refresh] };
}

function entriesOf(connectors: readonly DemoConnector[]): readonly object[] {
  return connectors.map(({ entry }) => entry);
}

async function timedSync(manager: ConnectorProxyManager, force: boolean): Promise<DemoLoad> {
  let acceptedMs = monotonicMs();
  const off = manager.on('snapshot', () => {
    acceptedMs = monotonicMs();
  });
  await manager.sync(force);
  off();
  const connect = monotonicMs() - acceptedMs;
  const load = manager.status().loads.at(-1);
  if (load === undefined) throw new Error('Internal error: a successful sync has loaded no map');
  return { thread: load.thread, bytes: load.bytes, phases: { ...load.phases, connect } };
}

async function callEach(manager: ConnectorProxyManager, connectors: readonly DemoConnector[]): Promise<DemoCall[]> {
  const calls: DemoCall[] = [];
  for (const { call } of connectors) {
    const startedMs = monotonicMs();
    const { ok, answer } = await manager.callTool(call.tool, call.args).then(answerOf, failureOf);
    calls.push({ tool: call.tool, ok, durationMs: monotonicMs() - startedMs, answer });
  }
  return calls;
}

function answerOf(result: ToolResult): { ok: boolean; answer: string } {
  const [first] = result.content;
  const text = first?.type === 'text' ? first.text : JSON.stringify(first ?? null);
  return { ok: result.isError !== true, answer: shorten(text) };
}

function failureOf(error: unknown): { ok: boolean; answer: string } {
  return { ok: false, answer: shorten(messageOf(error)) };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= ANSWER_LENGTH ? line : `${line.slice(0, ANSWER_LENGTH - 1)}…`;
}

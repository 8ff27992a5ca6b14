import { watchFile } from 'node:fs';
import { startTimer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { type Listener, listenHttp } from '../../gateway/http/listener.ts';
import { createGatewayHost } from '../../gateway/protocol/gateway-host.ts';
import { serveStdio } from '../../gateway/stdio/stdio-listener.ts';
import { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { Logger } from '../../observability/logger.ts';
import { listenerLimits, readyFor, routesOf, type ServeOptions, tokensOf } from '../serve-options.ts';
import { managerOptions, stderrLogger } from '../source-options.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import { EXIT, failureLine, failureOf, print, printable, say, warningLogger } from '../terminal/output.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { tellStarting } from '../terminal/tell-starting.ts';
import { enterLineage } from './serve/gateway-lineage.ts';

/** How often a configuration file is looked at. */
const WATCH_MS = 1_000;

/** How long a client may take to read what it was told last. */
const UNREAD_MS = 1_000;

/** One message of a client over standard streams. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * Serves one MCP endpoint in front of all connectors until a signal ends it, or, over standard streams, until its
 * client leaves. Resolves with the exit code: 0 when it ended in order.
 */
export async function runServe(options: ServeOptions): Promise<number> {
  const code = await serveUntilTold(options);
  // A client that does not read what it is told would keep the process, though there is nothing left to do.
  if (options.stdio) startTimer(UNREAD_MS, () => process.exit(code));
  return code;
}

async function serveUntilTold(options: ServeOptions): Promise<number> {
  const [tokens, routes] = [tokensOf(options), routesOf(options)];
  enterLineage(options, process.env);
  const logger = options.verbose ? stderrLogger : warningLogger;
  const interrupted = untilInterrupted();
  const host = createGatewayHost();
  await using manager = new ConnectorProxyManager({
    ...managerOptions(options),
    ...{ logger, host, notifications: true },
    allowPrivateEndpoints: options.allowPrivate,
    callTimeoutMs: options.callTimeout,
    featureFlags: { asyncRefresh: true, refreshIntervalMs: options.refresh },
  });
  const gateway = new Gateway({ manager, host, logger, tools: options.tools, routes, separator: options.separator });
  tellConnectors(manager);
  for (const file of manager.status().config?.files ?? []) follow(file, manager);
  using _telling = tellStarting(() => manager.status().connectors);
  process.on('SIGHUP', () => void told(manager.sync(true)));
  // A map that is not to be had, or a connector that is down, is tried again in the background: nobody waits for it.
  void told(manager.sync());
  try {
    if (options.stdio) await overStdio(gateway, interrupted, options.drain);
    else await overHttp(options, { gateway, logger, tokens }, interrupted);
  } finally {
    gateway.close();
  }
  return EXIT.ok;
}

interface Served {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly tokens: readonly string[];
}

async function overHttp(options: ServeOptions, { gateway, logger, tokens }: Served, interrupted: Promise<number>) {
  const listener = await listenHttp({
    ...{ gateway, logger, tokens },
    host: options.host,
    port: options.port,
    allowedHosts: [options.host, ...options.allowHost],
    allowedOrigins: options.allowOrigin,
    readyFor: readyFor(options),
    hasSessions: options.sessions,
    limits: listenerLimits(options),
  });
  announce(options, listener);
  await interrupted;
  say('No new work is taken; calls that run may end …');
  await listener.close(options.drain);
}

async function overStdio(gateway: Gateway, interrupted: Promise<number>, drainMs: number): Promise<void> {
  const view = gateway.view();
  if (view === undefined) return;
  const { stdin: input, stdout: output } = process;
  await Promise.race([
    serveStdio({ ...{ gateway, view, input, output }, maxMessageBytes: MAX_MESSAGE_BYTES }),
    interrupted.then(() => gateway.drained(drainMs)),
  ]);
  input.destroy();
}

function announce({ json, tokenEnv }: ServeOptions, { url }: Listener): void {
  const mcp = `${url}/mcp`;
  if (json) print(`${JSON.stringify({ ok: true, url, mcp, pid: process.pid })}\n`);
  say(`MCP for any client: ${mcp}`);
  say(`One connector alone: ${url}/c/CONNECTOR/mcp · page ${url}/ · ${url}/metrics · ${url}/readyz`);
  const token = tokenEnv[0] === undefined ? [] : ['--token-env', tokenEnv[0]];
  const command = ownCommand('config', 'claude', '--url', mcp, ...token);
  say(`To connect one: ${command} (or cursor, vscode). Ctrl-C ends it.`);
}

function tellConnectors(manager: ConnectorProxyManager): void {
  manager.on('connector', ({ connectorId, to, why }) => {
    // What goes wrong, the log says.
    if (to === 'ready' || to === 'disabled') say(`  ${connectorId}: ${to} (${printable(why)})`);
  });
}

/** Reads the file anew when it changes; what it says of connectors as before leaves them alone. */
function follow(path: string, manager: ConnectorProxyManager): void {
  watchFile(path, { interval: WATCH_MS, persistent: false }, (now, before) => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
    say(`${path} changed; reading it …`);
    void told(manager.reload());
  });
}

/** Says what went wrong; the work goes on. */
async function told(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== 'CLOSED') say(failureLine(failureOf(error)));
  }
}

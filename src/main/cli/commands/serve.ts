import { watchFile } from 'node:fs';
import { startTimer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import { Gateway } from '../../gateway/gateway.ts';
import { type Listener, listenHttp } from '../../gateway/http/listener.ts';
import { createGatewayHost } from '../../gateway/protocol/gateway-host.ts';
import { createStdioLogins } from '../../gateway/stdio/login-listener.ts';
import { serveStdio } from '../../gateway/stdio/stdio-listener.ts';
import { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { Logger } from '../../observability/logger.ts';
import type { EarlyClient } from '../first-answers/first-client.ts';
import { keepFirstAnswers, processFacts } from '../first-answers/keep-first-answers.ts';
import {
  type LoginFlags,
  listenerLimits,
  loginFlags,
  readyFor,
  routesOf,
  type ServeOptions,
  tokensOf,
} from '../serve-options.ts';
import { managerOptions, stderrLogger } from '../source-options.ts';
import { followStartUp } from '../start-up.ts';
import { stateDirOf } from '../state-folder.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import { announceJson } from '../terminal/json-document.ts';
import { EXIT, failureLine, failureOf, printable, say } from '../terminal/output.ts';
import { ownCommand } from '../terminal/own-command.ts';
import { tellStarting } from '../terminal/tell-starting.ts';
import { createWarningLogger, withTime } from '../terminal/warning-logger.ts';
import type { LocalEndpoint } from '../via/local-endpoint.ts';
import { enterLineage } from './serve/gateway-lineage.ts';
import { reachableAddress, reachableUrl } from './serve/reachable-url.ts';

/** How often a configuration file is checked for changes, in milliseconds. */
const WATCH_MS = 1_000;

/**
 * How long a client on standard streams may take to read the last messages before the process exits, in milliseconds.
 */
const UNREAD_MS = 1_000;

/** Maximum size of a message from a client over standard streams. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * Runs a gateway for all connectors until a signal arrives or, over standard streams, the client disconnects. Resolves
 * with the exit code: 0 after an orderly shutdown. `early` is a client that has already received stored responses
 * (first answers).
 */
export async function runServe(options: ServeOptions, early: EarlyClient | null = null): Promise<number> {
  const code = await serveUntilTold(options, early);
  // Output that the client does not read would keep the process alive.
  if (options.stdio) startTimer(UNREAD_MS, () => process.exit(code));
  return code;
}

async function serveUntilTold(options: ServeOptions, early: EarlyClient | null): Promise<number> {
  const facts = processFacts();
  const [tokens, routes, logins] = [tokensOf(options), routesOf(options), loginFlags(options)];
  enterLineage(options, process.env);
  const logger = options.verbose ? stderrLogger : createWarningLogger();
  const interrupted = untilInterrupted();
  const host = createGatewayHost(early?.instanceId);
  await using manager = new ConnectorProxyManager({
    ...managerOptions(options),
    ...{ logger, host, notifications: true },
    allowPrivateEndpoints: options.allowPrivate,
    callTimeoutMs: options.callTimeout,
    record: options.record,
    featureFlags: { asyncRefresh: true, refreshIntervalMs: options.refresh },
  });
  const gateway = new Gateway({ manager, host, logger, tools: options.tools, routes, separator: options.separator });
  const isKept = options.stdio && options.foundFiles === undefined;
  const kept = isKept ? keepFirstAnswers({ manager, view: gateway.view(), policy: options.pinTools, facts }) : null;
  tellConnectors(manager);
  for (const file of manager.status().config?.files ?? []) follow(file, manager);
  using _telling = tellStarting(() => manager.status().connectors);
  process.on('SIGHUP', () => void told(manager.sync(true)));
  // Clients are served without waiting for connectors. Maps and connectors that fail are retried in the background.
  void told(manager.sync());
  const endpoint = forCommands(options, gateway, logger);
  try {
    if (options.stdio) await overStdio(options, { gateway, logger, tokens, logins, early }, interrupted);
    else await overHttp(options, { gateway, logger, tokens, logins, early }, interrupted);
  } finally {
    await (await endpoint)?.close();
    kept?.closing();
    gateway.close();
  }
  return EXIT.ok;
}

/** Opens a socket over which commands of the same user can use this gateway. Never rejects. */
async function forCommands(options: ServeOptions, gateway: Gateway, logger: Logger): Promise<LocalEndpoint | null> {
  const stateDir = stateDirOf(options);
  if (stateDir === undefined) return null;
  const { manager } = gateway;
  const startUp = followStartUp(manager, undefined);
  const [{ listenLocally }, { digestOfManager }] = await Promise.all([
    import('../via/local-endpoint.ts'),
    import('../via/configuration-digest.ts'),
  ]);
  const digest = (): string => digestOfManager(options, manager);
  return await listenLocally({ gateway, startUp, stateDir, logger, digest });
}

interface Served {
  readonly gateway: Gateway;
  readonly logger: Logger;
  readonly tokens: readonly string[];
  readonly logins: LoginFlags;
  readonly early: EarlyClient | null;
}

async function overHttp(
  options: ServeOptions,
  { gateway, logger, tokens, logins }: Served,
  interrupted: Promise<number>,
): Promise<void> {
  const listener = await listenHttp({
    ...{ gateway, logger, tokens },
    ...logins,
    host: options.host,
    port: options.port,
    allowedHosts: [options.host, reachableAddress(options.host), ...options.allowHost],
    allowedOrigins: options.allowOrigin,
    readyFor: readyFor(options),
    hasSessions: options.sessions,
    limits: listenerLimits(options),
  });
  announce(options, listener);
  await interrupted;
  say('No new calls are accepted; waiting for running calls to end …');
  await listener.close(options.drain);
}

async function overStdio(
  { drain }: ServeOptions,
  { gateway, logger, logins: { clientMetadataUrl }, early }: Served,
  interrupted: Promise<number>,
): Promise<void> {
  const view = gateway.view();
  if (view === undefined) return;
  const logins = createStdioLogins({ manager: gateway.manager, logger, clientMetadataUrl });
  const { stdin, stdout: output } = process;
  const first = early?.takeOver() ?? null;
  const input = first?.input ?? (stdin as AsyncIterable<Buffer>);
  await Promise.race([
    serveStdio({ ...{ gateway, view, input, output, logins, first }, maxMessageBytes: MAX_MESSAGE_BYTES }),
    interrupted.then(() => gateway.drained(drain)),
  ]);
  await logins.close();
  stdin.destroy();
}

function announce({ json, tokenEnv }: ServeOptions, listener: Listener): void {
  const url = reachableUrl(listener.url);
  const mcp = `${url}/mcp`;
  if (json) announceJson({ url, mcp, pid: process.pid });
  say(`MCP for any client: ${mcp}`);
  say(`A single connector: ${url}/c/CONNECTOR/mcp · page ${url}/ · ${url}/metrics · ${url}/readyz`);
  const token = tokenEnv[0] === undefined ? [] : ['--token-env', tokenEnv[0]];
  const command = ownCommand('config', 'claude', '--url', mcp, ...token);
  say(`To connect one: ${command} (or cursor, vscode). Ctrl-C ends it.`);
}

function tellConnectors(manager: ConnectorProxyManager): void {
  manager.on('connector', ({ connectorId, to, why }) => {
    // Failures are not printed here, because the logger prints them.
    if (to === 'ready' || to === 'disabled') say(withTime(`${connectorId}: ${to} (${printable(why)})`));
  });
}

/** Watches a configuration file and applies changed entries. Connectors whose entries are unchanged keep running. */
function follow(path: string, manager: ConnectorProxyManager): void {
  watchFile(path, { interval: WATCH_MS, persistent: false }, (now, before) => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
    say(withTime(`${path} changed; reading it …`));
    void told(manager.reload());
  });
}

/** Waits for `work`, and reports its failure on stderr. Never rejects. */
async function told(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (codeOf(error) !== 'CLOSED') say(withTime(failureLine(failureOf(error))));
  }
}

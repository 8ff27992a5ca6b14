import { monotonicMs, systemClock } from '../../../../shared/clock.ts';
import { fromWireError, rootReason } from '../../../../shared/errors.ts';
import { createServiceMapSignature } from '../../../../shared/map/signature.ts';
import type { NetworkSettings } from '../../../../shared/net/network.ts';
import { type LoadTask, PROTOCOL_VERSION } from '../../../../shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../../../shared/signatures/trust.ts';
import { loadUndiciFetch } from '../../../http/load-undici.ts';
import { createMainAgent } from '../../../http/main-agent.ts';
import { silentLogger } from '../../../observability/logger.ts';
import { LoadPool } from '../../../service-map/loading/load-pool.ts';
import { WriterClient } from '../../../writer/writer-client.ts';
import { counted, type Failure, failureFrom, failureLine, failureOf, mark, printable } from '../../terminal/output.ts';

/** Result of one check by `mcp-switchyard doctor`. */
export interface Finding {
  readonly check: string;
  readonly outcome: 'ok' | 'note' | 'failed';
  /** What was found, and, if something is wrong, what to do. */
  readonly message: string;
}

const NEWEST_TESTED_NODE = 26;
const THREAD_DEADLINE_MS = 10_000;
const CLOCK_TIMEOUT_MS = 5_000;
const MAX_SKEW_MS = 60_000;

/** Creates a finding from an error. */
export function failedFinding(check: string, error: unknown): Finding {
  return { check, outcome: 'failed', message: failureLine(failureOf(error)) };
}

/** Formats a finding as one line. */
export function findingLine({ check, outcome, message }: Finding): string {
  return `${mark(outcome)} ${check.padEnd(9)} ${printable(message)}\n`;
}

/** Returns one failure for all failed checks; null if no check failed. */
export function findingsFailure(findings: readonly Pick<Finding, 'check' | 'outcome' | 'message'>[]): Failure | null {
  const [first, ...others] = findings.filter(({ outcome }) => outcome === 'failed');
  if (first === undefined) return null;
  const count = `${others.length + 1} of ${counted(findings.length, 'check')} failed`;
  const message = `${count}${others.length === 0 ? '' : ', first'}: ${first.check}: ${first.message}`;
  return failureFrom({ code: 'CHECK_FAILED', message }, { check: first.check, failedCount: others.length + 1 });
}

export function checkNode(): Finding {
  const major = Number.parseInt(process.versions.node, 10);
  const isTested = major <= NEWEST_TESTED_NODE;
  const message = `${process.version} on ${process.platform} ${process.arch}`;
  return {
    check: 'node',
    outcome: isTested ? 'ok' : 'note',
    message: isTested ? message : `${message}; tested up to Node ${NEWEST_TESTED_NODE}`,
  };
}

/** Starts a worker thread, and lets it verify a map. */
export async function checkThreads(network: NetworkSettings): Promise<Finding> {
  const pool = new LoadPool();
  const startedMs = monotonicMs();
  try {
    const outcome = await pool.run(selfMadeTask(network), {
      signal: new AbortController().signal,
      deadlineMs: THREAD_DEADLINE_MS,
    });
    if (outcome.kind === 'failed') return failedFinding('threads', fromWireError(outcome.error));
    const message = `a worker thread booted and verified a map in ${Math.round(monotonicMs() - startedMs)} ms`;
    return { check: 'threads', outcome: 'ok', message };
  } finally {
    await pool.close();
  }
}

function selfMadeTask(network: NetworkSettings): LoadTask {
  const nowMs = systemClock.now();
  const map = {
    id: 'doctor',
    brand: 'doctor',
    generatedAt: new Date(nowMs).toISOString(),
    ttlSeconds: 60,
    connectors: [],
  };
  const key = 'known to this check alone';
  const text = JSON.stringify({ ...map, signature: createServiceMapSignature(map, key) });
  return {
    version: PROTOCOL_VERSION,
    traceparent: '',
    request: { url: 'http://localhost/', headers: {}, etag: null, timeoutMs: THREAD_DEADLINE_MS, maxBytes: 1 },
    network,
    given: { kind: 'body', bytes: new TextEncoder().encode(text), etag: null, fetchMs: 0 },
    known: null,
    wantsBody: false,
    policy: {
      trust: hmacTrust(key),
      nowMs,
      floorMs: null,
      maxSkewMs: 0,
      maxConnectors: 1,
      allowExpired: false,
      maxStaleMs: null,
    },
  };
}

/** Checks whether the store in the state folder can be opened. */
export async function checkDisk(stateDir: string | undefined): Promise<Finding> {
  if (stateDir === undefined) {
    const message = 'nothing is kept across restarts (--no-state)';
    return { check: 'disk', outcome: 'note', message };
  }
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  const writer = new WriterClient(stateDir, { logger });
  try {
    const message = [`the store ${await writer.open()} opens`, ...warnings].join('. ');
    return { check: 'disk', outcome: warnings.length > 0 ? 'note' : 'ok', message };
  } catch (error) {
    return failedFinding('disk', error);
  } finally {
    await writer.close();
  }
}

/** Reports which proxy is used and which hosts are excluded. Leaves out credentials in the URL of the proxy. */
export function checkProxy({ proxy }: NetworkSettings): Finding {
  if (proxy === null) return { check: 'proxy', outcome: 'ok', message: 'no proxy is used: connections are direct' };
  const shown = (url: string): string => (url === '' ? 'none' : originOf(new URL(url)));
  const { httpProxy, httpsProxy, noProxy } = proxy;
  const urls = `for http ${shown(httpProxy)}, for https ${shown(httpsProxy || httpProxy)}`;
  const message = `${urls}; NO_PROXY excludes ${noProxy === '' ? 'no host' : noProxy}`;
  return { check: 'proxy', outcome: 'note', message };
}

/**
 * Returns the origin of a URL. `URL.origin` cannot be used, because it is the string `null` for schemes such as
 * `socks5:`.
 */
function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** Compares this machine's clock with the `Date` header from the map's server. The header has a resolution of 1 s. */
export async function checkClock(url: string, network: NetworkSettings): Promise<Finding> {
  const dispatcher = createMainAgent(network);
  try {
    const fetch = await loadUndiciFetch();
    const signal = AbortSignal.timeout(CLOCK_TIMEOUT_MS);
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', dispatcher, signal });
    const skewMs = systemClock.now() - Date.parse(response.headers.get('date') ?? '');
    if (!Number.isFinite(skewMs))
      return { check: 'clock', outcome: 'note', message: 'not compared: the server of the map sends no Date header' };
    const seconds = Math.abs(Math.round(skewMs / 1000));
    const message = `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} the server of the map`;
    if (Math.abs(skewMs) <= MAX_SKEW_MS) return { check: 'clock', outcome: 'ok', message };
    return {
      check: 'clock',
      outcome: 'failed',
      message: `${message}: maps will seem expired or from the future. Set the clock.`,
    };
  } catch (error) {
    return {
      check: 'clock',
      outcome: 'note',
      message: `not compared: the server of the map did not answer (${rootReason(error)})`,
    };
  } finally {
    await dispatcher.destroy();
  }
}

import { fetch } from 'undici';
import { systemClock } from '../../../shared/clock.ts';
import { acquireMap, type FetchMap } from '../../../shared/load/acquire.ts';
import { isHttpEndpoint } from '../../../shared/map/service-map.ts';
import type { MapRequest, ProofPolicy } from '../../../shared/protocol/thread-messages.ts';
import { hmacTrust } from '../../../shared/signatures/trust.ts';
import { createMainAgent } from '../../http/main-agent.ts';
import { resolveOptions } from '../../options/options.ts';
import { mapManagerOptions, requiredVariable, type SourceOptions } from '../source-options.ts';
import { EXIT, failureLine, mark, print, printJson, say } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { type CheckResult, verifyMap } from './verify/verify-map.ts';

/** Runs all checks on a map in a file or at a URL and reports each. Resolves with the exit code: 0 if it passes all. */
export async function runVerify(place: string, options: SourceOptions): Promise<number> {
  const signatureKey = requiredVariable(options.keyEnv, '--key-env');
  const bytes = isHttpEndpoint(place) ? await fetchBytes(place, options) : await readInput(place);
  const policy: ProofPolicy = {
    trust: hmacTrust(signatureKey),
    nowMs: systemClock.now(),
    floorMs: null,
    maxSkewMs: 300_000,
    maxConnectors: Number.POSITIVE_INFINITY,
    allowExpired: false,
    maxStaleMs: null,
  };
  const checks = verifyMap(bytes, policy);
  const ok = checks.every(({ failure }) => failure === null);
  if (options.json) printJson({ ok, checks });
  else print(checks.map(checkLine).join(''));
  return ok ? EXIT.ok : EXIT.failed;
}

function checkLine({ check, failure, found }: CheckResult): string {
  const sign = mark(failure === null ? 'ok' : 'failed');
  const what = failure === null ? found : [failureLine(failure), found].filter((part) => part !== '').join(' ');
  return `${sign} ${check.padEnd(9)} ${what}\n`;
}

async function fetchBytes(url: string, options: SourceOptions): Promise<Uint8Array<ArrayBuffer>> {
  say(`Fetching ${new URL(url).origin}${new URL(url).pathname}`);
  const { limits, network, maps } = resolveOptions(mapManagerOptions(options, url));
  const key = (await maps[0]?.apiKey()) ?? null;
  const request: MapRequest = {
    url,
    headers: key === null ? {} : { Authorization: `Bearer ${key}` },
    etag: null,
    timeoutMs: limits.timeoutMs,
    maxBytes: limits.maxMapBytes,
  };
  const dispatcher = createMainAgent(network);
  try {
    const fetchMap: FetchMap = (to, init) => fetch(to, { ...init, dispatcher });
    const acquired = await acquireMap(request, systemClock.now(), fetchMap, new AbortController().signal);
    if (acquired.kind !== 'body') throw new Error('A request that names no version has a body for an answer');
    return acquired.bytes;
  } finally {
    await dispatcher.destroy();
  }
}

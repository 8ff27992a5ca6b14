import { systemClock } from '../../../shared/clock.ts';
import { acquireMap } from '../../../shared/load/acquire.ts';
import { isHttpEndpoint } from '../../../shared/map/service-map.ts';
import type { NetworkSettings } from '../../../shared/net/network.ts';
import type { MapRequest, ProofPolicy } from '../../../shared/protocol/thread-messages.ts';
import { fetchOver } from '../../http/late-fetch.ts';
import { createMainAgent } from '../../http/main-agent.ts';
import { resolveNetwork } from '../../options/network-options.ts';
import { requiredVariable } from '../flags/option-values.ts';
import { tlsOptions } from '../flags/tls-options.ts';
import { trustChoice } from '../flags/trust-options.ts';
import type { SourceOptions } from '../source-options.ts';
import { answerJson } from '../terminal/json-document.ts';
import { EXIT, failureLine, mark, print, printable, say } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { isoOf } from './sync.ts';
import type { SignatureFinding } from './verify/judge-each.ts';
import { resolveKeys } from './verify/resolve-keys.ts';
import { type CheckResult, verifyMap } from './verify/verify-map.ts';

/** Maximum size of a map. It is the same as the default of a manager. */
const MAX_MAP_BYTES = 32 * 1024 * 1024;

/**
 * Runs all checks on a map from a file or URL. Reports the result of each check, and a finding for each signature.
 * Resolves with the exit code: 0 if no check failed.
 */
export async function runVerify(place: string, options: SourceOptions): Promise<number> {
  const choice = trustChoice(options);
  const network = resolveNetwork(tlsOptions(options), undefined, process.env);
  const apiKey = options.mapKeyEnv === undefined ? null : requiredVariable(options.mapKeyEnv, '--map-key-env');
  const mapUrl = isHttpEndpoint(place) ? place : null;
  const fetching = { network, mapUrl, apiKey, timeoutMs: options.timeout };
  const trust = await resolveKeys(choice, fetching);
  const bytes = mapUrl === null ? await readInput(place) : await fetchBytes(mapUrl, fetching);
  const policy: ProofPolicy = {
    trust,
    nowMs: systemClock.now(),
    floorMs: null,
    maxSkewMs: 300_000,
    maxConnectors: Number.POSITIVE_INFINITY,
    // With `--max-stale`, an expired map passes if hosts may still serve it.
    allowExpired: typeof options.maxStale === 'number',
    maxStaleMs: choice.maxStaleMs ?? null,
  };
  const { checks, signatures } = verifyMap(bytes, policy);
  const failed = checks.find(({ failure }) => failure !== null)?.failure ?? null;
  if (options.json) answerJson({ checks, signatures }, failed);
  else print(checks.map((check) => checkLine(check) + signatureLines(check, signatures)).join(''));
  return failed === null ? EXIT.ok : EXIT.failed;
}

function checkLine({ check, failure, found }: CheckResult): string {
  const sign = mark(failure === null ? 'ok' : 'failed');
  const what = failure === null ? found : [failureLine(failure), found].filter((part) => part !== '').join(' ');
  return `${sign} ${check.padEnd(9)} ${what}\n`;
}

/**
 * Formats a line for each asymmetric signature, below the line of the check `signature`. Returns no lines for other
 * checks.
 */
function signatureLines({ check }: CheckResult, signatures: readonly SignatureFinding[]): string {
  if (check !== 'signature') return '';
  return signatures.map((signature) => `    ${signatureText(signature)}\n`).join('');
}

function signatureText({ kid, alg, thumbprint, expiresAt, problem }: SignatureFinding): string {
  const name =
    kid === null ? 'a signature' : `${printable(kid)} (${printable(alg ?? '')}, ${thumbprint ?? 'unknown key'})`;
  if (problem === null) return `${name}: valid until ${isoOf(expiresAt)}`;
  return `${name}: ${problem.code}: ${printable(problem.message)}`;
}

interface Fetching {
  readonly network: NetworkSettings;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
}

async function fetchBytes(url: string, { network, apiKey, timeoutMs }: Fetching): Promise<Uint8Array<ArrayBuffer>> {
  say(`Fetching ${new URL(url).origin}${new URL(url).pathname}`);
  const request: MapRequest = {
    url,
    headers: apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` },
    etag: null,
    timeoutMs,
    maxBytes: MAX_MAP_BYTES,
  };
  const dispatcher = createMainAgent(network);
  try {
    const fetchMap = fetchOver(dispatcher);
    const acquired = await acquireMap(request, systemClock.now(), fetchMap, new AbortController().signal);
    if (acquired.kind !== 'body')
      throw new Error('Internal error: a request without an ETag was answered without a body');
    return acquired.bytes;
  } finally {
    await dispatcher.destroy();
  }
}

import { fileURLToPath } from 'node:url';
import { MODERN_REVISION } from '../../src/main/mcp/json-rpc.ts';
import { isHttpOnly } from '../../test/conformance/http-only.ts';
import { add, REQUIREMENTS, runAlone, runSuite, type Score } from './run-suite.ts';

const WAYS = ['own', 'stdio', 'sse'];

/**
 * Login scenarios that the library supports but that no requirement set includes, each with its revision of the
 * protocol.
 */
const UNSCORED_LOGINS: readonly (readonly [scenario: string, revision: string | null])[] = [
  ['auth/2025-03-26-oauth-metadata-backcompat', '2025-03-26'],
  ['auth/2025-03-26-oauth-endpoint-fallback', '2025-03-26'],
  ['auth/client-credentials-basic', null],
  ['auth/client-credentials-jwt', null],
];

const client = fileURLToPath(new URL('../../test/conformance/client.ts', import.meta.url));

/**
 * Runs the suite's client scenarios once with each transport to a connector. The transport `own` is the manager's
 * Streamable HTTP, and uses the library's logins for OAuth. The transports `stdio` and `sse` connect to a bridge in
 * front of the suite's HTTP server. SSE exists only in the legacy protocol.
 */
export async function runClientPart(): Promise<Score> {
  let score: Score = { passed: 0, failed: 0 };
  for (const way of WAYS) {
    const isLeftOut = (scenario: string): boolean => way !== 'own' && isHttpOnly(scenario);
    for (const { revision } of REQUIREMENTS) {
      if (way === 'sse' && revision === MODERN_REVISION) continue;
      // The suite splits the command at spaces, so the path of the client must contain no space.
      const args = ['client', '--command', `node ${client} ${way}`];
      score = add(score, await runSuite(way, args, revision, { isLeftOut, retriesAlone: true }));
    }
  }
  return score;
}

/** Login scenarios that also run through `serve`. They run one after the other, because each starts its own gateway. */
const SERVE_LOGINS: readonly (readonly [scenario: string, revision: string | null])[] = [
  ['auth/metadata-default', '2025-11-25'],
  ['auth/metadata-var3', '2025-11-25'],
  ['auth/basic-cimd', '2025-11-25'],
  ['auth/pre-registration', '2025-11-25'],
  ['auth/scope-step-up', '2025-11-25'],
  ['auth/scope-retry-limit', MODERN_REVISION],
  ['auth/scope-step-up', MODERN_REVISION],
  ['auth/iss-supported', MODERN_REVISION],
  ['auth/authorization-server-migration', MODERN_REVISION],
  ...UNSCORED_LOGINS,
];

const loginClient = fileURLToPath(new URL('../../test/conformance/login-client.ts', import.meta.url));
const serveClient = fileURLToPath(new URL('../../test/conformance/serve-login-client.ts', import.meta.url));

/**
 * Runs the suite's login scenarios with the logins of the library, including scenarios that no requirement set
 * includes. Some of them also run through the gateway (`serve`), with its page and its redirect URLs.
 */
export async function runLoginPart(): Promise<Score> {
  const args = ['client', '--command', `node ${loginClient}`];
  const isLeftOut = (scenario: string): boolean => !scenario.startsWith('auth/');
  let score: Score = { passed: 0, failed: 0 };
  for (const { revision } of REQUIREMENTS)
    score = add(score, await runSuite('logins', args, revision, { isLeftOut, retriesAlone: true }));
  score = add(score, await runEach('logins', args, UNSCORED_LOGINS));
  const throughServe = ['client', '--command', `node ${serveClient}`];
  return add(score, await runEach('logins through serve', throughServe, SERVE_LOGINS));
}

async function runEach(label: string, args: readonly string[], scenarios: typeof SERVE_LOGINS): Promise<Score> {
  let score: Score = { passed: 0, failed: 0 };
  for (const [scenario, revision] of scenarios) {
    const hasPassed = (await runAlone(args, scenario, revision)) || (await runAlone(args, scenario, revision));
    process.stdout.write(`${label}, ${scenario}: ${hasPassed ? 'passed' : 'failed'}\n`);
    score = add(score, { passed: hasPassed ? 1 : 0, failed: hasPassed ? 0 : 1 });
  }
  return score;
}

import { fileURLToPath } from 'node:url';
import { MODERN_REVISION } from '../../src/main/mcp/json-rpc.ts';
import { isHttpOnly } from '../../test/conformance/http-only.ts';
import { add, REQUIREMENTS, runSuite, type Score } from './run-suite.ts';

const WAYS = ['own', 'stdio', 'sse'];

const client = fileURLToPath(new URL('../../test/conformance/client.ts', import.meta.url));

/**
 * Runs the suite's client scenarios through each way to a connector. `own` is what a manager takes (our Streamable HTTP,
 * or the SDK where OAuth is wanted). `stdio` and `sse` are our clients for these, which talk to a bridge to the suite's
 * HTTP server; SSE is of the legacy era alone.
 */
export function runClientPart(): Score {
  let score: Score = { passed: 0, failed: 0 };
  for (const way of WAYS) {
    const isLeftOut = (scenario: string): boolean => way !== 'own' && isHttpOnly(scenario);
    for (const { revision } of REQUIREMENTS) {
      if (way === 'sse' && revision === MODERN_REVISION) continue;
      // The suite splits the command at blanks.
      const args = ['client', '--command', `node ${client} ${way}`];
      score = add(score, runSuite(way, args, revision, { isLeftOut, retriesAlone: true }));
    }
  }
  return score;
}

import { fileURLToPath } from 'node:url';
import { add, REQUIREMENTS, runSuite, type Score } from './run-suite.ts';

const WAYS = ['own', 'sdk'];

const client = fileURLToPath(new URL('../../test/conformance/client.ts', import.meta.url));

/**
 * The suite's client scenarios through each way to a connector: `own` is what a manager takes (by capability: our Streamable HTTP, the
 * SDK where OAuth is wanted), `sdk` is the SDK's client throughout.
 */
export function runClientPart(): Score {
  let score: Score = { passed: 0, failed: 0 };
  for (const way of WAYS) {
    for (const { revision } of REQUIREMENTS) {
      // The suite splits the command at blanks.
      score = add(score, runSuite(way, ['client', '--command', `node ${client} ${way}`], revision));
    }
  }
  return score;
}

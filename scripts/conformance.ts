/**
 * `npm run test:conformance [-- PART…]`: the official conformance suite, both requirement sets. The parts are `client` (its client
 * scenarios through each way to a connector), `fixture` (its server scenarios against our own fixture) and `gateway` (the same through
 * `mcp-switchyard serve`). Without one: client and gateway.
 */
import { runClientPart } from './conformance/client-part.ts';
import { add, type Score } from './conformance/run-suite.ts';
import { runFixturePart, runGatewayPart } from './conformance/server-parts.ts';

const PARTS: Readonly<Record<string, () => Score | Promise<Score>>> = {
  client: runClientPart,
  fixture: runFixturePart,
  gateway: runGatewayPart,
};
const DEFAULT = ['client', 'gateway'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(`No such part: ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
let score: Score = { passed: 0, failed: 0 };
for (const name of asked.length > 0 ? asked : DEFAULT) {
  try {
    score = add(score, (await PARTS[name]?.()) ?? { passed: 0, failed: 1 });
  } catch (error) {
    score = add(score, { passed: 0, failed: 1 });
    process.stdout.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
process.stdout.write(`${score.passed} passed, ${score.failed} failed\n`);
process.exitCode = score.failed === 0 ? 0 : 1;

/**
 * `npm run test:conformance [-- PART…]`: runs the official conformance suite with both of its requirement sets. The
 * parts are:
 *
 * - `client`: the client scenarios, once with each transport to a connector
 * - `logins`: the login scenarios, with the logins of the library
 * - `fixture`: the server scenarios against our own test server
 * - `gateway`: the server scenarios through `mcp-switchyard serve`
 * - `replicas`: the server scenarios through three replicas behind a round-robin proxy; needs Redis
 *
 * By default, runs client, logins and gateway.
 */
import { runClientPart, runLoginPart } from './conformance/client-part.ts';
import { add, type Score } from './conformance/run-suite.ts';
import { runFixturePart, runGatewayPart } from './conformance/server-parts.ts';

const PARTS: Readonly<Record<string, () => Promise<Score>>> = {
  client: runClientPart,
  logins: runLoginPart,
  fixture: runFixturePart,
  gateway: runGatewayPart,
  // This module is imported late, because importing it fails if there is no Redis.
  replicas: async () => (await import('./conformance/replicas-part.ts')).runReplicasPart(),
};
const DEFAULT = ['client', 'logins', 'gateway'];

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

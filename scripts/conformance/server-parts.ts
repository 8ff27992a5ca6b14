import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { add, REQUIREMENTS, runSuite, type Score } from './run-suite.ts';
import { startProgram } from './start-program.ts';

const fixture = fileURLToPath(new URL('../../test/fixtures/conformance-server/main.ts', import.meta.url));
const bin = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));

/**
 * Runs the suite's server scenarios against our test server. A gateway in front of it cannot pass scenarios that fail
 * here.
 */
export async function runFixturePart(): Promise<Score> {
  await using server = await startProgram([fixture, '--port', '0']);
  return runServerScenarios('fixture', member(server.line, 'url'));
}

/**
 * Runs the suite's server scenarios through the gateway's route to one connector. That connector is our test server.
 */
export async function runGatewayPart(): Promise<Score> {
  await using server = await startProgram([fixture, '--port', '0']);
  const folder = await mkdtemp(join(tmpdir(), 'conformance-gateway-'));
  try {
    const config = join(folder, 'mcp.json');
    const mcpServers = { fixture: { type: 'http', url: member(server.line, 'url') } };
    await writeFile(config, JSON.stringify({ mcpServers }));
    await using gateway = await startProgram([bin, 'serve', '--config', config, '--port', '0', '--json'], folder);
    const { href } = new URL('/c/fixture/mcp', member(gateway.line, 'mcp'));
    const score = await runServerScenarios('gateway', href);
    if (score.failed > 0) process.stdout.write(`  the gateway said:\n${gateway.stderr()}\n`);
    return score;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the server scenarios of both requirement sets against the server at `url`. */
export async function runServerScenarios(label: string, url: string): Promise<Score> {
  let score: Score = { passed: 0, failed: 0 };
  for (const { revision, serverScenarios: least } of REQUIREMENTS)
    score = add(score, await runSuite(label, ['server', '--url', url], revision, { least }));
  return score;
}

/** Returns the member `name` of the JSON object that a process printed. The member must be a string. */
export function member(line: unknown, name: string): string {
  const value = (line as Record<string, unknown> | null)?.[name];
  if (typeof value !== 'string')
    throw new Error(`The first line of the process has no string \`${name}\`: ${JSON.stringify(line)}`);
  return value;
}

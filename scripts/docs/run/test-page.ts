import { existsSync } from 'node:fs';
import type { Block } from '../pages/page-blocks.ts';
import { DemoWorld } from '../world/demo-world.ts';
import type { InstalledPackage } from '../world/package-under-test.ts';
import { setupFiles } from '../world/setups.ts';
import { parseDocument, treatmentOf } from './languages.ts';
import { runProgram } from './run-program.ts';
import { runShell } from './run-shell.ts';

/** The generated page that contains the declarations. */
const API = 'docs/api.md';

/** Runs the blocks of a page in order, in a new demo world. Returns a message for each failure. */
export async function testBlocks(blocks: readonly Block[], installed: InstalledPackage): Promise<readonly string[]> {
  await using world = await DemoWorld.start(installed);
  const failures: string[] = [];
  let earlier = '';
  for (const block of blocks) {
    const { markers, language, code } = block;
    if (treatmentOf(language) === 'program') earlier = markers.continues ? earlier : '';
    const problem = await testBlock(block, earlier, world).catch((error: unknown) => String(error));
    if (treatmentOf(language) === 'program') earlier += `${code}\n`;
    if (problem !== null) failures.push(`${block.page}:${block.line} (${language || 'no language'})\n${problem}`);
  }
  return failures;
}

/** Tests one block. Resolves with a description of the failure; null if the block passed. */
async function testBlock(block: Block, earlier: string, world: DemoWorld): Promise<string | null> {
  const { page, language, code, markers, file } = block;
  if (markers.testedBy !== null && !existsSync(markers.testedBy)) return `There is no ${markers.testedBy}`;
  if (markers.noRun !== null || markers.testedBy !== null) return null;
  const treatment = treatmentOf(language);
  if (treatment === null) return `Nothing is known about blocks in the language "${language}"`;
  if (language === 'typescript' && page !== API) return `Only ${API} has declarations: examples are \`ts\``;
  if (treatment === 'document') parseDocument(language, code);
  if (treatment === 'document' || treatment === 'read') {
    if (file !== null) await world.write(file, `${code}\n`);
    return null;
  }
  for (const [name, text] of Object.entries(setupFiles(markers.setup))) await world.write(name, text);
  const outcome = treatment === 'shell' ? await runShell(block, world) : await runProgram(block, earlier, world);
  if (outcome.code === markers.exit) return null;
  return `${indent(code)}\n  ended with ${outcome.code}, not ${markers.exit}:\n${indent(outcome.output.trim())}`;
}

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

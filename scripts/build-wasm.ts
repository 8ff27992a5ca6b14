/**
 * `npm run wasm`: assembles src/shared/json/structure-scan.wat into src/shared/json/structure-scan.ts, which is part of
 * the package. A test checks that the two files match.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import createWabt from 'wabt';

const SOURCE = 'src/shared/json/structure-scan.wat';

const wabt = await createWabt();
const module = wabt.parseWat(SOURCE, readFileSync(SOURCE, 'utf8'), { simd: true });
module.resolveNames();
module.validate();
const lines =
  Buffer.from(module.toBinary({}).buffer)
    .toString('base64')
    .match(/.{1,100}/g) ?? [];
writeFileSync(
  'src/shared/json/structure-scan.ts',
  `/** The WebAssembly of structure-scan.wat, as Base64. \`npm run wasm\` writes this file. */
export const STRUCTURE_SCAN = [
${lines.map((line) => `  '${line}',\n`).join('')}].join('');
`,
);

import { isDeepStrictEqual } from 'node:util';
import { scanStructure } from '../../../src/shared/json/json-lexer.ts';
import { FOREIGN_LIMITS, JsonFault } from '../../../src/shared/json/json-limits.ts';
import { JsonScanner } from '../../../src/shared/json/json-scanner.ts';
import { parseForeignJson } from '../../../src/shared/json/parse-foreign.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';
import { Random } from '../engine/random.ts';
import { naughtyStrings, vectorFiles } from '../engine/vectors.ts';

/** Maximum nesting depth that an input may choose. */
const MAX_DEPTH = 12;

/**
 * Fuzzes the scan of JSON text that runs before parsing. The first byte of an input chooses the allowed nesting depth,
 * and the second byte where the text is split. The scan must agree with a bytewise scan and with the parsed value.
 */
export const target: FuzzTarget = {
  name: 'json-limits',
  covers: ['/src/shared/json/'],
  batchSize: 64,
  seeds: () => [
    '53{"a":[{"b":"\\\\\\"]}["}],"c":[[[[[1,2],3]]]]}',
    `29["${'\\\\'.repeat(40)}",["${'x'.repeat(60)}\\"[",[]]]`,
    `80${'['.repeat(20)}${']'.repeat(20)}`,
    '17{"ü":"\\u005b","💥[":{"":[{}]}}',
    ...vectorFiles('jcs/testdata/input').map((file) => Buffer.concat([Buffer.from('44'), file])),
  ],
  dictionary: [
    ...[
      '"',
      '\\',
      '\\"',
      '\\\\',
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '[[[[[[[[',
      ']]]]]]]]',
      '\\u005b',
      '""',
      'null',
      'ü',
      '💥',
    ],
    ...['\\\\\\\\\\\\\\\\', '                                ', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
    ...naughtyStrings(),
  ],
  mutate: (input, random, dictionary) => {
    const changed = changeJson(input.subarray(2), random, dictionary);
    return changed === undefined ? undefined : Buffer.concat([input.subarray(0, 2), changed]);
  },
  start: () => ({ run: runScan }),
};

const changeJson = mutateJson('\n\n');

function runScan(input: Uint8Array): void {
  const [depth = 0, cut = 0] = input;
  const limits = { ...FOREIGN_LIMITS, maxDepth: depth % (MAX_DEPTH + 1) };
  const bytes = Buffer.from(input.subarray(2));
  const whole = new JsonScanner(limits);
  const fault = whole.write(bytes) ?? whole.end();
  const pieces = new JsonScanner(limits);
  const random = new Random(cut);
  for (let at = 0; at < bytes.length; ) {
    const next = at + 1 + random.below(200);
    pieces.write(bytes.subarray(at, next));
    at = next;
  }
  must((pieces.end() === null) === (fault === null), 'the scan depends on where the bytes are cut');
  const text = bytes.toString('utf8');
  const value = parsed(text);
  if (value === undefined) return;
  const isTooDeep = scanStructure(Buffer.from(text), limits.maxDepth).tooDeepAt >= 0;
  must(
    isTooDeep === depthOf(value) > limits.maxDepth,
    'the depth in the bytewise scan differs from the depth of the value',
  );
  const ofText = new JsonScanner(limits);
  must(((ofText.writeText(text) ?? ofText.end()) !== null) === isTooDeep, `depth ${depthOf(value)} is judged wrongly`);
  checkParse(text, value, limits);
}

function checkParse(text: string, value: unknown, limits: typeof FOREIGN_LIMITS): void {
  try {
    must(isDeepStrictEqual(parseForeignJson(text, limits), value), 'the text is read as a different value');
    must(depthOf(value) <= limits.maxDepth, 'a value is parsed although it nests too deep');
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    must(depthOf(value) > limits.maxDepth, `a value is refused that nests ${depthOf(value)} levels`);
  }
}

/** Counts the levels of objects and arrays. Misses levels in duplicate members, of which only the last is parsed. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Returns undefined for text that is not JSON or has duplicate members, which a parsed value does not reveal. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const members = scanStructure(Buffer.from(text), 1_000).memberCount;
    return members === membersOf(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, item) => sum + membersOf(item), own);
}

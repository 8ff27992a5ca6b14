import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextTurn } from '../../src/shared/clock.ts';
import { codeOf, isErrorCode } from '../../src/shared/errors.ts';
import { labelled } from './calls.ts';
import type { Context, FaultCase } from './case.ts';
import { type Found, open } from './check.ts';
import { makeSample, type SampleKind } from './sample.ts';
import { stateOf } from './workload.ts';
import { World } from './world.ts';

/** Number of bytes at the end of a file in which single bits are flipped. */
const TAIL_BYTES = 1_024;

type Outcome = 'right' | 'reported' | 'refused';

/**
 * Flips one bit of a file in a copy of `sample`, and opens the copy. Throws if the result is wrong and no damage was
 * reported.
 */
function flip(sample: string, file: string, byte: number, bit: number, right: string): Outcome {
  const copy = `${sample}-copy`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(sample, copy, { recursive: true });
  const bytes = readFileSync(join(copy, file));
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << bit);
  writeFileSync(join(copy, file), bytes);
  // Sets an old modification time, so that the file does not look as if another process is still writing it.
  utimesSync(join(copy, file), 1, 1);
  const registry = join(copy, 'servers.json');
  let found: Found;
  try {
    found = open(copy, registry);
  } catch (error) {
    const code = codeOf(error) ?? '';
    assert.ok(isErrorCode(code) && code.startsWith('STORE_'), `it throws ${error}`);
    return 'refused';
  }
  const isReported = found.notes.length > 0 || found.problems.length > 0;
  if (!isReported) assert.equal(stateOf(found.servers), right, 'it is wrong, and nobody is told');
  const again = open(copy, registry);
  assert.equal(stateOf(again.servers), stateOf(found.servers), 'the next one finds something else');
  assert.deepEqual(again.notes, [], 'the next one has to be told too');
  // Every server that the store has lost is restored from `servers.json`.
  if (file === 'switchyard.db' && !existsSync(join(sample, 'switchyard.db-wal')))
    assert.equal(stateOf(found.servers), right, 'something is lost that the file has');
  return isReported ? 'reported' : 'right';
}

/** Flips bits in these bytes of a file. Returns how often each outcome occurred. */
async function flips(context: Context, sample: string, file: string, bytes: readonly number[]): Promise<string> {
  const untouched = `${sample}-untouched`;
  cpSync(sample, untouched, { recursive: true });
  const right = stateOf(open(untouched, join(untouched, 'servers.json')).servers);
  const outcomes = { right: 0, reported: 0, refused: 0 };
  for (const byte of bytes) {
    const bits = context.isFull ? [0, 1, 2, 3, 4, 5, 6, 7] : [(byte + context.seed) % 8];
    for (const bit of bits) {
      await labelled(`bit ${bit} of byte ${byte} of ${file} (${sample})`, async () => {
        outcomes[flip(sample, file, byte, bit, right)] += 1;
      });
      context.count('bit flips');
    }
    // Lets the other cases in this thread run.
    await nextTurn();
  }
  rmSync(untouched, { recursive: true });
  return `${outcomes.right} without effect, ${outcomes.reported} reported, ${outcomes.refused} refused`;
}

function range(from: number, to: number, stride = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / stride) }, (_, index) => from + index * stride);
}

/**
 * Creates a case that flips bits at the end of a file. With `isWhole`, the short form tests every byte instead of every
 * second byte.
 */
function flipsAtTheEnd(kind: SampleKind, file: string, isWhole: boolean): FaultCase {
  return {
    name: `a bit flips in the last kilobyte of ${file}, after the process was ${kind}`,
    async run(context) {
      using world = new World();
      const sample = makeSample(world.path, kind);
      const { size } = statSync(join(sample, file));
      const stride = context.isFull || isWhole ? 1 : 2;
      const text = await flips(context, sample, file, range(Math.max(0, size - TAIL_BYTES), size, stride));
      assert.ok(text.includes(' 0 refused'), `the store refused some files: ${text}`);
      return text;
    },
  };
}

const anywhere: FaultCase = {
  name: 'a bit flips anywhere in switchyard.db',
  async run(context) {
    using world = new World();
    const sample = makeSample(world.path, 'closed');
    const { size } = statSync(join(sample, 'switchyard.db'));
    const head = range(0, 120);
    const rest = range(120 + (context.seed % 97), size, context.isFull ? 13 : 97);
    return await flips(context, sample, 'switchyard.db', [...head, ...rest]);
  },
};

/** Cases with disks that return other data than was written. */
export const flipCases: readonly FaultCase[] = [
  flipsAtTheEnd('closed', 'switchyard.db', true),
  flipsAtTheEnd('closed', 'servers.json', true),
  flipsAtTheEnd('killed', 'switchyard.db', false),
  flipsAtTheEnd('killed', 'switchyard.db-wal', true),
  flipsAtTheEnd('killed', 'servers.json', false),
  anywhere,
];

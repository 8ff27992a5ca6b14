import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORPUS_FOLDER, readCorpus } from './engine/corpus-file.ts';
import type { FuzzTarget, RunningTarget } from './engine/fuzz-target.ts';
import { InputRunner } from './engine/run-input.ts';

const TARGETS = new URL('./targets/', import.meta.url);
const targets = await Promise.all(
  readdirSync(TARGETS).map(
    async (file) => ((await import(new URL(file, TARGETS).href)) as { readonly target: FuzzTarget }).target,
  ),
);

/** More than a fuzzing run allows, because code under coverage measurement takes several times longer. */
const MAX_CPU_MS = 2_000;

describe.each(targets)('fuzz target $name', (target) => {
  let running: RunningTarget;
  let runner: InputRunner;

  beforeAll(async () => {
    running = await target.start();
    runner = new InputRunner({ ...target, maxCpuMs: MAX_CPU_MS }, running);
  });
  afterAll(async () => {
    runner[Symbol.dispose]();
    await running.close?.();
  });

  it('no seed and no corpus input of a fuzz target breaks the rules of the target', {
    timeout: 120_000,
  }, async () => {
    const seeds = target.seeds().map((seed) => (typeof seed === 'string' ? Buffer.from(seed) : seed));
    for (const input of [...seeds, ...readCorpus(target.name)]) {
      expect(await runner.run(input)).toBeNull();
      expect(await runner.late(input)).toBeNull();
    }
  });
});

it('the fuzzing corpus has at most 400 KB, and each of its files belongs to an existing target', () => {
  const files = readdirSync(CORPUS_FOLDER);
  const names = new Set(targets.map(({ name }) => `${name}.txt`));
  expect(files.filter((file) => !names.has(file))).toEqual([]);
  const sizes = files.map((file) => statSync(join(CORPUS_FOLDER, file)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(400 * 1024);
});

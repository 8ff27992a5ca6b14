import { describe, expect, it } from 'vitest';
import { fuzzInThread } from './engine/fuzz-thread.ts';

const fixture = (name: string): string => new URL(`../fixtures/fuzz/${name}.ts`, import.meta.url).href;
const text = (input: Uint8Array | undefined): string => Buffer.from(input ?? []).toString();

describe('fuzzInThread', () => {
  // Random inputs alone would need about 256 to the power of 6 attempts to find the bug.
  const planted = { seed: 1, maxExecutions: 60_000, maxFindings: 1, usesCorpus: false };

  it('fuzzInThread() finds a planted bug behind six branches with the help of coverage, and minimises its input', async () => {
    const { found, corpus } = await fuzzInThread(fixture('planted-bug'), planted);
    expect(found).toMatchObject([{ kind: 'error', message: 'the planted bug' }]);
    expect(text(found[0]?.input)).toBe('Switch');
    expect(corpus).toBeGreaterThanOrEqual(6);
  }, 120_000);

  it('fuzzInThread() does not find the planted bug with the same number of random inputs (control)', async () => {
    const result = await fuzzInThread(fixture('planted-bug'), { ...planted, isGuided: false });
    expect(result).toMatchObject({ found: [], corpus: 1 });
    expect(result.executions).toBeGreaterThanOrEqual(planted.maxExecutions);
  }, 120_000);

  it('fuzzInThread() runs the same inputs if it gets the same seed', async () => {
    const [one, other] = [1, 2].map(() =>
      fuzzInThread(fixture('planted-bug'), { ...planted, maxExecutions: 5_000, keeps: true }),
    );
    const [first, second] = [await one, await other];
    expect(first?.fresh.map(text)).toEqual(second?.fresh.map(text));
    expect(first?.executions).toBe(second?.executions);
  }, 120_000);

  it('fuzzInThread() reports unhandled rejections, inputs that take too long, and a thread that ends', async () => {
    const { found } = await fuzzInThread(fixture('misbehaving'), { seed: 1, maxExecutions: 4, usesCorpus: false });
    const said = found.map(({ kind, message, input }) => [kind, message, text(input)]);
    expect(said).toEqual([
      ['error', 'unhandled: an unhandled rejection', 'unhandled'],
      ['slow', expect.stringMatching(/^4 bytes take more than 20 ms/), 'slow'],
      ['error', expect.stringContaining('the thread ended'), 'exit'],
    ]);
  }, 120_000);
});

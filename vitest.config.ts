import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Tests run on Node's own loader, not on Vite's: only then does V8 coverage reach into worker threads, and only then do
// tests load the same modules, in the same way, as a user's process does.
const native = {
  pool: 'threads',
  // Processes, threads and sockets have deadlines, and a busy machine misses one now and then. A test that fails for
  // another reason fails every time.
  retry: process.env.CI === undefined ? 0 : 2,
  // Tests must not touch the keyring of the person who runs them.
  env: { SWITCHYARD_LOGIN_KEY: 'file' },
  experimental: { viteModuleRunner: false },
  // Nothing that a test logs, throws, measures or prints may hold a secret it used.
  globalSetup: ['test/helpers/compile-cache.ts', 'test/helpers/evidence-search.ts'],
  setupFiles: ['test/helpers/evidence-setup.ts'],
};

// Vitest's default leaves one core idle, which on two cores means that files run one after the other.
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        test: {
          ...native,
          name: 'unit',
          retry: 0,
          include: ['test/{main,shared,workers,scripts,docs}/**/*.test.ts'],
          sequence: { shuffle: true },
          // One thread runs many files, in a random order: loading every module again for each file took two thirds of
          // the processor time. Unit tests therefore leave no state behind in the modules that they load.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...native,
          name: 'integration',
          include: ['test/{integration,fuzz}/**/*.test.ts'],
          // Only tests that wait for real pauses run concurrently: waiting costs no processor time.
          maxConcurrency: 50,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          ...native,
          // Tests that start many processes, or measure. They run one after the other, and nothing else runs meanwhile.
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...native,
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          ...native,
          // With a real Redis server, which `npm test` does without.
          name: 'fleet',
          include: ['test/fleet/**/*.test.ts'],
          // Only tests that mostly wait run concurrently. With more than three fleets, leaders would renew too late.
          maxConcurrency: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...native,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...native,
          name: 'peers',
          include: ['test/peers/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { ...native, retry: 0, name: 'vectors', include: ['test/vectors/**/*.test.ts'], testTimeout: 30_000 },
      },
    ],
  },
});

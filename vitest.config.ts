import { defineConfig } from 'vitest/config';

// Tests run on Node's own loader, not on Vite's: only then does V8 coverage reach into worker threads, and only then do
// tests load the same modules, in the same way, as a user's process does.
const native = {
  pool: 'threads',
  experimental: { viteModuleRunner: false },
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...native,
          name: 'unit',
          include: ['test/{main,shared,workers,scripts}/**/*.test.ts'],
          sequence: { shuffle: true },
          testTimeout: 10_000,
        },
      },
      {
        test: {
          ...native,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: { ...native, name: 'vectors', include: ['test/vectors/**/*.test.ts'], testTimeout: 30_000 },
      },
    ],
  },
});

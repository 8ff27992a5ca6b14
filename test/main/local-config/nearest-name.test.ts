import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/main/local-config/nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['agrs', 'args'],
    ['arg', 'args'],
    ['Command', 'command'],
    ['comand', 'command'],
    ['env_file', 'envFile'],
    ['colour', null],
    ['x'.repeat(10_000), null],
    ['', null],
  ])('takes %.20s for %s', (name, nearest) => {
    expect(nearestName(name, ['args', 'command', 'env', 'envFile', 'headers'])).toBe(nearest);
  });
});

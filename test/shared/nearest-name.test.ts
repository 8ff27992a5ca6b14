import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/shared/nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['agrs', 'args'],
    ['arg', 'args'],
    ['Command', 'command'],
    ['comand', 'command'],
    ['env_file', 'envFile'],
    ['ARGS', 'args'],
    ['orgs', 'args'],
    ['xags', null],
    ['xxxargs', null],
    ['en', 'env'],
    ['hxders', 'headers'],
    ['hadrs', null],
    ['colour', null],
    ['x'.repeat(10_000), null],
    ['', null],
  ])('nearestName() returns for the misspelling %.20s: %s', (name, nearest) => {
    expect(nearestName(name, ['args', 'command', 'env', 'envFile', 'headers'])).toBe(nearest);
  });

  it('nearestName() ignores the case of the known name', () => {
    expect(nearestName('envfile', ['ENVFILE'])).toBe('ENVFILE');
  });

  it('nearestName() never treats names of more than 40 characters as a misspelling', () => {
    const known = 'a'.repeat(40);
    expect([nearestName(`${'a'.repeat(39)}b`, [known]), nearestName(`${known}b`, [known])]).toEqual([known, null]);
  });
});

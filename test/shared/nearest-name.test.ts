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
  ])('takes %.20s for a misspelling of %s', (name, nearest) => {
    expect(nearestName(name, ['args', 'command', 'env', 'envFile', 'headers'])).toBe(nearest);
  });

  it('ignores the case of the known name, too', () => {
    expect(nearestName('envfile', ['ENVFILE'])).toBe('ENVFILE');
  });

  it('takes names of more than 40 characters for no misspelling', () => {
    const known = 'a'.repeat(40);
    expect([nearestName(`${'a'.repeat(39)}b`, [known]), nearestName(`${known}b`, [known])]).toEqual([known, null]);
  });
});

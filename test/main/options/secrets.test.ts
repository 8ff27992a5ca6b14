import { describe, expect, it } from 'vitest';
import { askForHeader, askForKey } from '../../../src/main/options/secrets.ts';

const returning = (value: unknown) => () => value as string;

describe('askForKey', () => {
  it('askForKey() accepts a string, and a function that returns or resolves with a string', async () => {
    const keys = [askForKey('a'), askForKey(() => 'b'), askForKey(async () => 'c')];
    expect(await Promise.all(keys)).toEqual(['a', 'b', 'c']);
  });

  it.each([undefined, null, '', 7, {}])('askForKey() rejects %j returned by a function', async (value) => {
    await expect(askForKey(returning(value))).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});

describe('askForHeader', () => {
  it.each([undefined, '', returning(undefined), returning(null), returning('')])(
    'askForHeader() treats %s as no key',
    async (secret) => {
      expect(await askForHeader(secret)).toBeNull();
    },
  );

  it('askForHeader() rejects a key that is not a valid header value, without quoting the key', async () => {
    const asked = askForHeader('hidden\nkey');
    await expect(asked).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    await expect(asked).rejects.not.toThrow(/hidden/);
  });
});

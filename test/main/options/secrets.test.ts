import { describe, expect, it } from 'vitest';
import { askForHeader, askForKey } from '../../../src/main/options/secrets.ts';

const returning = (value: unknown) => () => value as string;

describe('askForKey', () => {
  it('takes a string, or what a function returns or resolves with', async () => {
    const keys = [askForKey('a'), askForKey(() => 'b'), askForKey(async () => 'c')];
    expect(await Promise.all(keys)).toEqual(['a', 'b', 'c']);
  });

  it.each([undefined, null, '', 7, {}])('refuses %j of a function', async (value) => {
    await expect(askForKey(returning(value))).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });
});

describe('askForHeader', () => {
  it.each([undefined, '', returning(undefined), returning(null), returning('')])(
    'takes %s for no key',
    async (secret) => {
      expect(await askForHeader(secret)).toBeNull();
    },
  );

  it('refuses a key that no header can hold, without quoting it', async () => {
    const asked = askForHeader('hidden\nkey');
    await expect(asked).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    await expect(asked).rejects.not.toThrow(/hidden/);
  });
});

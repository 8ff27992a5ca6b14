import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loginIdOf } from '../../../src/shared/logins/login-records.ts';
import { sealingKeyOf } from '../../../src/shared/protocol/login-box.ts';
import { openLoginImage } from '../../../src/shared/protocol/login-image.ts';
import type { Keyring } from '../../../src/workers/logins/keys/keyring.ts';
import { LoginKeeper } from '../../../src/workers/logins/login-keeper.ts';
import { FakeKeyring } from '../../helpers/fake-keyring.ts';
import { keyOf, tokensOf } from '../../helpers/logins.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/** Creates a state folder. `start` opens a login keeper in it. */
function world() {
  const dir = new TempDir();
  const keepers: LoginKeeper[] = [];
  const start = (keyring: Keyring | null = null): LoginKeeper => {
    const keeper = new LoginKeeper({ stateDir: dir.path, tell: () => {}, keyring });
    keepers.push(keeper);
    return keeper;
  };
  const image = join(dir.path, 'logins.start');
  return {
    ...{ dir: dir.path, image, start },
    /** Returns the ids of the logins in the start image, a copy that is read first. Null if the image is missing. */
    read(): readonly string[] | null {
      if (!existsSync(image)) return null;
      const key = sealingKeyOf(readFileSync(join(dir.path, 'logins.key')));
      return openLoginImage(readFileSync(image), key)?.stored.logins.map(({ loginId }) => loginId) ?? null;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(keepers.map((keeper) => keeper.close()));
      dir[Symbol.dispose]();
    },
  };
}

const [a, b] = [loginIdOf(keyOf('a')), loginIdOf(keyOf('b'))];

describe('login start image', () => {
  it('the start image of logins is not written if the key is in the keyring', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    const keeper = w.start(keyring);
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.close();
    expect(keyring.secrets.size).toBe(1);
    expect(readdirSync(w.dir).filter((name) => name.includes('logins.start'))).toEqual([]);
  });

  it('the start image of logins is not written with the key in the file while a locked keyring has another key', async () => {
    await using w = world();
    const keyring = new FakeKeyring();
    const first = w.start(keyring);
    await first.saveLogin(keyOf('a'), tokensOf('a'));
    await first.close();
    const second = w.start();
    await second.saveLogin(keyOf('b'), tokensOf('b'));
    await second.close();
    expect(w.read()).toBeNull();
  });

  it('the start image of logins contains the latest logins, whichever process writes it', async () => {
    await using w = world();
    const [one, other] = [w.start(), w.start()];
    await one.saveLogin(keyOf('a'), tokensOf('a'));
    await one.saveLogin(keyOf('b'), tokensOf('b'));
    await other.removeLogin(a);
    // This keeper stored both logins, and writes the image without knowing that the other keeper removed one.
    await one.close();
    expect(w.read()).toEqual([b]);
  });

  it('the start image of logins is not rewritten if it is up to date', async () => {
    await using w = world();
    const keeper = w.start();
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.close();
    const { ino } = statSync(w.image);
    const reader = w.start();
    await reader.readAll();
    await reader.close();
    expect(statSync(w.image).ino).toBe(ino);
  });

  it('the start image of logins is removed if a new image would delay the main thread', async () => {
    await using w = world();
    const keeper = w.start();
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.close();
    expect(w.read()).toEqual([a]);
    const next = w.start();
    await next.saveLogin(keyOf('b'), tokensOf('b', { scope: 'x'.repeat(2 ** 20) }));
    await next.close();
    expect(existsSync(w.image)).toBe(false);
  });

  it('the partial files of a killed process are removed when the start image of logins is written', async () => {
    await using w = world();
    writeFileSync(join(w.dir, '.logins.start.0.tmp'), 'half');
    const keeper = w.start();
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.close();
    expect(readdirSync(w.dir).filter((name) => name.includes('logins.start'))).toEqual(['logins.start']);
  });

  it('no login is lost if a folder or a link is in the place of the start image, and the link is not followed', async () => {
    await using w = world();
    mkdirSync(w.image);
    const keeper = w.start();
    await keeper.saveLogin(keyOf('a'), tokensOf('a'));
    await keeper.close();
    expect(readdirSync(w.image)).toEqual([]);
    rmSync(w.image, { recursive: true });
    const theirs = join(w.dir, 'theirs');
    writeFileSync(theirs, 'theirs');
    symlinkSync(theirs, w.image);
    const next = w.start();
    await next.saveLogin(keyOf('b'), tokensOf('b'));
    await next.close();
    expect(readFileSync(theirs, 'utf8')).toBe('theirs');
    expect(w.read()).toEqual([a, b].sort());
  });
});

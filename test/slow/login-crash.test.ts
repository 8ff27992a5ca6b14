import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DurableLogins } from '../../src/main/state-dir/durable-logins.ts';
import { WriterClient } from '../../src/main/writer/writer-client.ts';
import { eventually } from '../helpers/eventually.ts';
import { SECRET_MARK } from '../helpers/evidence.ts';
import { recordingLogger } from '../helpers/log.ts';
import { LoginProcess } from '../helpers/login-process.ts';
import { tokensOf } from '../helpers/logins.ts';
import { TempDir } from '../helpers/temp-dir.ts';

/** Returns the logins that a process finds if it starts after a kill. */
async function find(stateDir: string) {
  const logger = recordingLogger();
  const writer = new WriterClient(stateDir, { logger });
  try {
    const store = new DurableLogins(stateDir, writer);
    const early = await store.readEarly();
    const { logins, unreadable } = await store.readAll();
    // The start image, a copy that is read first, is missing or matches the store exactly.
    if (early !== null) expect(early.logins).toEqual(logins);
    return { tokens: logins[0]?.tokens ?? null, unreadable, lines: logger.lines };
  } finally {
    await writer.close();
  }
}

describe('a process that is killed while it stores logins', () => {
  it.each([
    ['in a new folder', 6, true],
    ['in a folder in which other processes were killed', 6, false],
  ])('a process that is killed while it stores logins %s loses no confirmed login', async (_, kills, isNew) => {
    using shared = new TempDir();
    for (let kill = 0; kill < kills; kill += 1) {
      using own = new TempDir();
      const stateDir = isNew ? own.path : shared.path;
      await using host = new LoginProcess(stateDir);
      host.send('saveForEver', 'a');
      // The process is killed shortly after it created a file, or at any later time.
      if (isNew) await eventually('a file appears', () => readdirSync(stateDir).some((n) => n.startsWith('logins')));
      else await eventually('it stores', () => host.saved > 0);
      await sleep(Math.random() * (isNew ? 15 : 100));
      await host.kill();
      const { tokens, unreadable, lines } = await find(stateDir);
      expect([unreadable, lines]).toEqual([0, []]);
      const stored = Number(tokens?.accessToken.split('-').at(-1) ?? 0);
      expect([host.saved, host.saved + 1]).toContain(stored);
      if (tokens !== null) expect(tokens).toEqual(tokensOf(`${stored}`));
      for (const name of readdirSync(stateDir))
        expect(readFileSync(join(stateDir, name)).includes(SECRET_MARK), name).toBe(false);
    }
  });
});

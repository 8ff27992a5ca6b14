import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { KnownFiles } from '../../../src/workers/servers-file/known-files.ts';
import { addSealFunction } from '../../../src/workers/tables/seal.ts';

const NOTHING = { sha256: null, pendingSha256: null, bad: '[]', rest: '{}' };
const KNOWN = { sha256: 'a', pendingSha256: 'b', bad: '[1]', rest: '{"version":1}' };

function setUp() {
  const database = new DatabaseSync(':memory:');
  addSealFunction(database);
  return { database, files: new KnownFiles(database) };
}

describe('KnownFiles', () => {
  it('KnownFiles has no entry for a file that was never read', () => {
    expect(setUp().files.of('/a')).toEqual(NOTHING);
  });

  it('KnownFiles keeps each file by its path until the file is forgotten', () => {
    const { files } = setUp();
    files.remember('/a', KNOWN);
    files.remember('/b', { ...KNOWN, sha256: 'other' });
    files.remember('/a', { ...KNOWN, pendingSha256: null });
    expect([files.of('/a'), files.of('/b').sha256]).toEqual([{ ...KNOWN, pendingSha256: null }, 'other']);
    files.forget('/a');
    expect([files.of('/a'), files.of('/b').sha256]).toEqual([NOTHING, 'other']);
  });

  it('KnownFiles throws for a record that another program changed', () => {
    const { database, files } = setUp();
    files.remember('/a', KNOWN);
    database.exec("UPDATE servers_file SET sha256 = 'x'");
    expect(() => files.of('/a')).toThrow('does not match its checksum');
  });
});

import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RegistryFinding, RegistryRepair } from '../../shared/servers/registry-findings.ts';
import type { FileProblem } from '../../shared/servers/server-records.ts';
import type { StoreNote } from '../../shared/servers/store-notes.ts';
import { StoreKeeper } from '../store/store-keeper.ts';
import { checkRegistry, openToOthers } from './registry-check.ts';

const NOTHING = { storeId: null, revision: 0 };

/**
 * Repairs a registry as far as possible. A damaged store is renamed, and a new store is built from its valid records
 * and from the file. File and store are then synchronized, and other users lose access to the files. Throws
 * STORE_UNAVAILABLE or STORE_TOO_NEW, after repairing what it could. `pauseMs` is passed to {@link checkRegistry}.
 */
export function repairRegistry(path: string, pauseMs?: number): RegistryRepair {
  const before = failuresOf(checkRegistry(path, pauseMs));
  const notes: StoreNote[] = [];
  const keeper = new StoreKeeper(dirname(path), (note) => void notes.push(note), { isRepair: true });
  let problems: readonly FileProblem[];
  let present: ReadonlySet<string>;
  try {
    keeper.store();
    keeper.attempt(() => keeper.store().prove());
    const news = keeper.attempt(() => keeper.store().syncServers(path, NOTHING, 'write'));
    problems = news.problems;
    present = new Set(news.changes.flatMap(({ name, info }) => (info === null ? [] : [name])));
  } finally {
    keeper.close();
  }
  for (const file of openToOthers(path)) chmodSync(file, statSync(file).mode & 0o700);
  const left = failuresOf(checkRegistry(path, pauseMs));
  const gone = before.filter((finding) => !left.some((other) => isDeepStrictEqual(finding, other)));
  const isLost = ({ check, subject }: RegistryFinding): boolean =>
    check === 'log' || (check === 'records' && subject !== null && !present.has(subject));
  return {
    // An invalid entry stays in the file, but moves to the end. Its finding then has another index, but must not count
    // as repaired.
    mended: gone.filter((finding) => !isLost(finding) && finding.check !== 'entries'),
    lost: [...gone.filter(isLost), ...unreadable(notes)],
    left,
    backups: [...notes, ...problems].flatMap((it) => (it.kind === 'set-aside' ? [it.backup] : [])),
  };
}

/** Returns a finding for each damaged part of the store whose server names could not be read. */
function unreadable(notes: readonly StoreNote[]): RegistryFinding[] {
  return notes.flatMap((note) => {
    if (note.kind !== 'set-aside') return [];
    const unnamed = note.lost.filter((what) => !what.startsWith('the record '));
    return unnamed.map(
      (what) =>
        ({ check: 'records', outcome: 'failed', subject: null, message: `${what} can no longer be read` }) as const,
    );
  });
}

function failuresOf(findings: readonly RegistryFinding[]): RegistryFinding[] {
  return findings.filter(({ outcome }) => outcome === 'failed');
}

import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../shared/errors.ts';
import type { RegistryFinding } from '../../shared/servers/registry-findings.ts';
import { SCHEMA_VERSION, schemaVersionOf } from '../tables/schema.ts';
import { proveRecords } from './records-check.ts';
import { readBrokenTail } from './write-ahead-log.ts';

/** Result of checking a store. */
export interface CheckedStore {
  readonly findings: readonly RegistryFinding[];
  /** Checksum of each server, by server name; null if the store cannot be read. */
  readonly servers: ReadonlyMap<string, string> | null;
  /** Returns the checksum that a `servers.json` had when the store last wrote or read it. */
  readonly knownFile: (path: string) => string | null;
}

/** Maximum number of faults in the structure that are reported. */
const MAX_FAULTS = 20;

/** Checks the structure, the log and the checksums of a store, without changing it. Never throws. */
export function checkStore(storePath: string): CheckedStore {
  const nothing = { servers: null, knownFile: () => null };
  const fail = (message: string): CheckedStore => ({ ...nothing, findings: [failed('store', null, message)] });
  if (!existsSync(storePath)) return fail(`${storePath} does not exist. It can be rebuilt from servers.json`);
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(storePath, { readOnly: true });
    database.exec('PRAGMA busy_timeout = 5000');
    const version = schemaVersionOf(database);
    if (version > SCHEMA_VERSION)
      return fail(
        `${storePath} has format ${version}. This version reads formats up to ${SCHEMA_VERSION}. Use a newer version`,
      );
    if (version === 0) return fail(`${storePath} is empty. It can be rebuilt from servers.json`);
    const faults = structureFaults(database);
    if (faults.length > 0)
      return { ...nothing, findings: faults.map((fault) => failed('store', null, `${storePath}: ${fault}`)) };
    const store: RegistryFinding = { check: 'store', outcome: 'ok', subject: null, message: `${storePath} is intact` };
    if (version < SCHEMA_VERSION) {
      const when = 'is upgraded when it is next opened. Its records are not checked until then';
      const message = `the store has the older format ${version} and ${when}`;
      return { ...nothing, findings: [store, { check: 'records', outcome: 'note', subject: null, message }] };
    }
    return checkRecords(database, [store, checkLog(storePath)]);
  } catch (error) {
    return fail(`${storePath} cannot be read: ${messageOf(error)}`);
  } finally {
    database?.close();
  }
}

function structureFaults(database: DatabaseSync): string[] {
  const rows = database.prepare(`PRAGMA integrity_check(${MAX_FAULTS})`).all();
  return rows.map((row) => String(row.integrity_check)).filter((verdict) => verdict !== 'ok');
}

function checkLog(storePath: string): RegistryFinding {
  const { pages, hasCommit } = readBrokenTail(`${storePath}-wal`);
  if (hasCommit)
    return failed(
      'log',
      null,
      `the last ${pages} pages of the store's log fail their checksums, so the last changes may be missing`,
    );
  return { check: 'log', outcome: 'ok', subject: null, message: 'the log of the store is intact' };
}

function checkRecords(database: DatabaseSync, before: readonly RegistryFinding[]): CheckedStore {
  const { damaged, count, servers, files } = proveRecords(database);
  const good: RegistryFinding = {
    check: 'records',
    outcome: 'ok',
    subject: null,
    message: `${count} records match their checksums`,
  };
  const wrong = damaged.map(({ server, message }) => failed('records', server, message));
  return {
    findings: [...before, ...(wrong.length > 0 ? wrong : [good])],
    servers: new Map(
      servers.flatMap(([name, , , info, sha256]) => (info === null ? [] : [[String(name), String(sha256)] as const])),
    ),
    knownFile: (path) => (files.find(([known]) => known === path)?.[1] ?? null) as string | null,
  };
}

/** Creates a finding with the outcome `failed`. */
export function failed(check: RegistryFinding['check'], subject: string | null, message: string): RegistryFinding {
  return { check, outcome: 'failed', subject, message };
}

import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../shared/errors.ts';
import type { RegistryFinding } from '../../shared/servers/registry-findings.ts';
import { readIfThere } from '../servers-file/durable-file.ts';
import { parseServers, type ServersDocument } from '../servers-file/servers-document.ts';
import { MAX_BYTES, nameOf } from '../servers-file/servers-file.ts';
import { type CheckedStore, checkStore, failed } from '../store/store-check.ts';
import { storePath } from '../store/store-files.ts';
import { digestOf } from '../tables/server-table.ts';

/** Number of checks before a failure is reported. Another process may be writing during the first checks. */
const LOOKS = 3;

const PAUSE_MS = 200;

/**
 * Checks a registry, its store and its file, without changing them. Repeats the check after `pauseMs` if it finds a
 * failure. Never throws.
 */
export function checkRegistry(path: string, pauseMs: number = PAUSE_MS): RegistryFinding[] {
  for (let look = 1; ; look += 1) {
    const findings = lookOnce(path);
    if (look === LOOKS || findings.every(({ outcome }) => outcome !== 'failed')) return findings;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}

/**
 * Returns the files of this registry that users other than their owner can read or write. Includes damaged files that
 * were renamed, because they may contain secrets, too.
 */
export function openToOthers(path: string): string[] {
  if (process.platform === 'win32') return [];
  const store = storePath(dirname(path));
  return [path, store].flatMap((file) => {
    const folder = dirname(file);
    const names = readdirSync(folder).filter((name) => name.startsWith(basename(file)));
    return (
      names
        .map((name) => join(folder, name))
        // A link is skipped, because another user may own its target. Only the registry file itself may be a link.
        .filter((it) => it === path || lstatSync(it, { throwIfNoEntry: false })?.isFile() === true)
        .filter((it) => ((statSync(it, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
    );
  });
}

function lookOnce(path: string): RegistryFinding[] {
  const store = checkStore(storePath(dirname(path)));
  return [...store.findings, ...checkFile(path, store), ...checkAccess(path)];
}

function checkFile(path: string, store: CheckedStore): RegistryFinding[] {
  let bytes: Buffer | null;
  try {
    bytes = readIfThere(path, MAX_BYTES);
  } catch (error) {
    return [failed('file', path, `${path} cannot be read: ${messageOf(error)}`)];
  }
  if (bytes === null) return [failed('file', path, `${path} does not exist. It can be recreated from the store`)];
  const parsed = parseServers(bytes.toString('utf8'));
  if (parsed.kind === 'unreadable') return [failed('file', path, `${path} cannot be used: ${parsed.reason}`)];
  const { servers, bad } = parsed.document;
  const message = `${path} has ${servers.length} servers`;
  const entries = bad.map(({ place, reason }) =>
    failed('entries', place, `${place} is not a valid server and is skipped: ${reason}. Correct it by hand`),
  );
  const isKnown = store.knownFile(path) === digestOf(bytes);
  return [
    { check: 'file', outcome: 'ok', subject: path, message },
    ...entries,
    ...compare(parsed.document, store, isKnown),
  ];
}

/**
 * Compares the file with the store. `isKnown` is true if the file has not changed since the store last wrote or read
 * it.
 */
function compare({ servers, bad }: ServersDocument, store: CheckedStore, isKnown: boolean): RegistryFinding[] {
  if (store.servers === null) return [];
  const why = isKnown ? 'the file has not been written yet' : 'the file was changed and has not been read yet';
  const inFile = new Map(servers.map((info) => [info.name, digestOf(JSON.stringify(info))]));
  const badNames = new Set(bad.map(({ value }) => nameOf(value)));
  const differ = (name: string, message: string): RegistryFinding[] =>
    badNames.has(name) ? [] : [failed('agreement', name, `${message}, because ${why}`)];
  const findings = [
    ...[...store.servers].flatMap(([name, digest]) => {
      const said = inFile.get(name);
      if (said === undefined) return differ(name, `${name} is in the store but not in the file`);
      return said === digest ? [] : differ(name, `${name} differs between the file and the store`);
    }),
    ...[...inFile.keys()].flatMap((name) =>
      store.servers?.has(name) === true ? [] : differ(name, `${name} is in the file but not in the store`),
    ),
  ];
  const message = 'the store and the file have the same servers';
  const good: RegistryFinding = { check: 'agreement', outcome: 'ok', subject: null, message };
  return findings.length > 0 ? findings : [good];
}

function checkAccess(path: string): RegistryFinding[] {
  try {
    const open = openToOthers(path);
    if (open.length > 0)
      return open.map((file) => failed('access', file, `${file} is accessible to other users (mode ${modeOf(file)})`));
    return [{ check: 'access', outcome: 'ok', subject: null, message: 'only the owner of the files can access them' }];
  } catch (error) {
    return [failed('access', null, `the folder of the registry cannot be read: ${messageOf(error)}`)];
  }
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

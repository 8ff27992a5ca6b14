import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerInfo } from '../../src/main/registry/fs-store.ts';
import type { FileProblem } from '../../src/shared/servers/server-records.ts';
import type { StoreNote } from '../../src/shared/servers/store-notes.ts';
import { StoreKeeper } from '../../src/workers/store/store-keeper.ts';
import { type State, stateOf, statesOf, workload } from './workload.ts';
import type { User, World } from './world.ts';

/** The content of a registry as a new process reads it. */
export interface Found {
  readonly servers: readonly ServerInfo[];
  readonly notes: readonly StoreNote[];
  readonly problems: readonly FileProblem[];
}

/**
 * Opens the registry in a folder like a starting process, writes `servers.json` if it is outdated, and closes the
 * registry. Throws the errors of the store.
 */
export function open(folder: string, registry: string): Found {
  const notes: StoreNote[] = [];
  const keeper = new StoreKeeper(folder, (note) => notes.push(note));
  try {
    const nothing = { storeId: null, revision: 0 };
    const read = keeper.attempt(() => keeper.store().syncServers(registry, nothing, 'read'));
    keeper.attempt(() => keeper.store().syncServers(registry, read.known, 'write'));
    const servers = read.changes.flatMap(({ info }) => info ?? []);
    return { servers, notes, problems: read.problems };
  } finally {
    keeper.close();
  }
}

/**
 * Checks what must be true however the processes of a world ended. No acknowledged change is missing, and no change is
 * stored only in part. `servers.json` has its old or new content, and agrees with the store after both were read. All
 * leftover files have names that match `mayBeLeft`. Throws an AssertionError that describes the violation.
 */
export function check(world: World, mayBeLeft: RegExp = /^$/): Found {
  for (const user of world.users) assert(!user.acks().isWrong, `the memory of ${user.options.prefix} was wrong`);
  checkFile(world);
  const found = open(world.folder, world.registry);
  for (const user of world.users) checkUser(user, found.servers, user.acks().acked, 'the store');
  assert.equal(stateOf(serversIn(world.registry) ?? []), stateOf(found.servers), 'file and store do not agree');
  const left = readdirSync(world.folder).filter((name) => /\.(tmp|bak|corrupt)/.test(name) && !mayBeLeft.test(name));
  assert.deepEqual(left, [], 'something was left behind');
  return found;
}

/** Checks that `servers.json` is not older than the last acknowledged flush. Before a flush, it may be missing. */
function checkFile(world: World): void {
  const servers = serversIn(world.registry);
  for (const user of world.users) {
    const { flushed } = user.acks();
    if (servers !== null) checkUser(user, servers, flushed, 'the file');
    else assert.equal(flushed, 0, 'there is no file, though a flush was acknowledged');
  }
}

/** Checks that a user's servers are in the state after round `atLeast`, or after a later round. */
function checkUser({ options }: User, servers: readonly ServerInfo[], atLeast: number, where: string): void {
  const { prefix, seed, rounds } = options;
  const states = statesOf(workload(prefix, seed, rounds));
  const found: State = stateOf(servers.filter(({ name }) => name.startsWith(`${prefix}-`)));
  const isThere = states.slice(atLeast).includes(found);
  if (isThere) return;
  const before = states.lastIndexOf(found);
  const what = before >= 0 ? `is as after round ${before}` : 'is in a state that never was';
  assert.fail(`${where}: what ${prefix} wrote ${what}; ${atLeast} of ${rounds} rounds were acknowledged`);
}

function serversIn(path: string): ServerInfo[] | null {
  if (!existsSync(path)) return null;
  return (JSON.parse(readFileSync(path, 'utf8')) as { servers: ServerInfo[] }).servers;
}

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerInfo } from '../../src/main/registry/fs-store.ts';
import type { FileProblem } from '../../src/shared/servers/server-records.ts';
import type { StoreNote } from '../../src/shared/servers/store-notes.ts';
import { StoreKeeper } from '../../src/workers/store/store-keeper.ts';
import { type State, stateOf, statesOf, workload } from './workload.ts';
import type { User, World } from './world.ts';

/** What somebody finds who opens a registry. */
export interface Found {
  readonly servers: readonly ServerInfo[];
  readonly notes: readonly StoreNote[];
  readonly problems: readonly FileProblem[];
}

/** Opens the registry of a folder as a process does that starts, writes the file if it is behind, and closes it. Throws what the store throws. */
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
 * What must hold however the processes of a world ended: nothing that was acknowledged is missing, no change is there by half, the file is an old or a new
 * one, both can be read, and then they agree. No other files are left than those whose name `mayBeLeft` matches. Throws an AssertionError that says what
 * does not hold.
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

/** The file: none, or one of the states, and none that is older than what a flush was acknowledged of. */
function checkFile(world: World): void {
  const servers = serversIn(world.registry);
  for (const user of world.users) {
    const { flushed } = user.acks();
    if (servers !== null) checkUser(user, servers, flushed, 'the file');
    else assert.equal(flushed, 0, 'there is no file, though a flush was acknowledged');
  }
}

/** A user's servers are as they were after some round, and after none before `atLeast`. */
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

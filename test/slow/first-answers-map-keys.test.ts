import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FirstAnswers } from '../../src/shared/protocol/first-answers.ts';
import { thumbprintOf } from '../../src/shared/signatures/key-set.ts';
import { killRunning, type RunningCli } from '../helpers/cli.ts';
import { runCliHere } from '../helpers/cli-in-process.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  answerTo,
  closed,
  listOf,
  listsUntil,
  type Place,
  placeFor,
  send,
  start,
} from '../helpers/first-answers-place.ts';
import { payloadOf, signedBy } from '../helpers/key-documents.ts';
import { KeyPublisher } from '../helpers/key-publisher.ts';
import { RawMcpServer } from '../helpers/raw-mcp-server.ts';
import { entry } from '../helpers/signed-map.ts';
import { jwksOf, newKey, type PrivateJwk, publicJwk } from '../helpers/signing-keys.ts';
import { TempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

/** A map with one connector, signed by a separate key, and a stdio gateway that has run once with this map. */
interface World extends AsyncDisposable {
  readonly publisher: KeyPublisher;
  readonly at: Place;
  /** Publishes the revocation of the map's key. */
  readonly revoke: () => void;
  /** Command-line options that select the map and its keys. */
  readonly source: readonly string[];
}

async function ranOnce(
  mapOverrides: { readonly ttlSeconds?: number } = {},
  ...more: readonly string[]
): Promise<World> {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await RawMcpServer.start());
  const publisher = stack.use(await KeyPublisher.start());
  const folder = stack.use(new TempDir());
  const mapKey = newKey('map-key');
  const [root] = publisher.keys as [PrivateJwk];
  publisher.publish(signedBy([root], payloadOf(1, [root, mapKey], { roots: [root.kid] })));
  publisher.serve([entry('one', { endpoint: String(server.url) })], { signers: [mapKey], ...mapOverrides });
  const keys = join(folder.path, 'keys.json');
  writeFileSync(keys, JSON.stringify(jwksOf(root)));
  const source = ['--service-map', publisher.mapUrl, '--keys', keys, '--key-documents', publisher.keysUrl];
  const at = stack.use(placeFor({}, ...source, '--allow-private', ...more));
  const cli = start(at.argv);
  await listOf(cli);
  await listsUntil(cli, 'the tool is listed', (list) => list.includes('one__echo'));
  await closed(cli);
  const revoke = (): void => {
    const change = { roots: [root.kid], revoked: [thumbprintOf(publicJwk(mapKey))] };
    publisher.publish(signedBy([root], payloadOf(2, [root], change)));
  };
  return { publisher, at, revoke, source, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Calls the tool of the map, and waits for an error. */
async function callIsRefused(cli: RunningCli): Promise<void> {
  send(cli, { id: 1_000, method: 'tools/call', params: { name: 'one__echo', arguments: {} } });
  await eventually('the call is refused', () => answerTo(cli, 1_000)?.includes('"error"') === true);
}

describe('first answers of a map whose key is revoked', { timeout: 120_000 }, () => {
  it('a run that learns that the key of the map was revoked removes the responses stored for a fast start', async () => {
    await using world = await ranOnce();
    expect(world.at.answers()).not.toBeNull();
    world.revoke();
    const told = start(world.at.argv);
    await listOf(told);
    await listsUntil(told, 'the tools of the map are gone', (list) => !list.includes('one__echo'));
    await closed(told);
    expect(world.at.answers()).toBeNull();
    const later = start(world.at.argv);
    expect(await listOf(later)).not.toContain('one__echo');
    await closed(later);
  });

  it('after another process learned of a key revocation, starts with and without stored responses list the same tools', async () => {
    const firstLists: boolean[] = [];
    for (const SWITCHYARD_FIRST_ANSWERS of ['on', 'off']) {
      await using world = await ranOnce();
      world.revoke();
      const synced = await runCliHere(['sync', ...world.source, '--state-dir', world.at.stateDir, '--json']);
      expect(synced.stdout).toContain('MAP_KEY_REVOKED');
      const cli = start(world.at.argv, { SWITCHYARD_FIRST_ANSWERS });
      firstLists.push((await listOf(cli)).includes('one__echo'));
      await listsUntil(cli, 'the tools of the map are gone', (list) => !list.includes('one__echo'));
      await callIsRefused(cli);
      await closed(cli);
      expect(world.at.answers()).toBeNull();
    }
    const [withAnswers, without] = firstLists;
    expect(withAnswers).toBe(without);
  });
});

describe('first answers of a map that is too stale', { timeout: 120_000 }, () => {
  it('responses stored for a fast start are not used if the map is too stale, and calls to tools of the map fail', async () => {
    await using world = await ranOnce({ ttlSeconds: 12 }, '--max-stale', '1');
    const { validUntilMs } = (world.at.answers() as FirstAnswers).header;
    // The source of the map now fails.
    world.publisher.answerMap((_, response) => response.writeHead(503).end());
    await eventually('the map is too stale', () => Date.now() > (validUntilMs ?? Number.POSITIVE_INFINITY) + 1, 20_000);
    expect(world.at.answers()).toBeNull();
    const cli = start(world.at.argv);
    await listOf(cli);
    await callIsRefused(cli);
    await closed(cli);
    expect(world.at.answers()).toBeNull();
  });
});

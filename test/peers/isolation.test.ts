import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PeerWorld, startPeerWorld } from '../helpers/peer-world.ts';
import type { SdkClient } from './clients/sdk-client.ts';
import { connectSdkV1 } from './clients/sdk-v1.ts';
import { connectSdkV2 } from './clients/sdk-v2.ts';

const CALLS = 200;

/** The longest wait of a call. Different waits make responses overtake each other. */
const MAX_WAIT_MS = 200;

let world: PeerWorld;

beforeAll(async () => {
  world = await startPeerWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

/** Starts calls that each have different arguments, and returns their responses. */
function callsOf(client: SdkClient, name: string): Promise<string>[] {
  return Array.from({ length: CALLS }, (_, index) => {
    // Later calls wait for less time, so that roughly the last calls are answered first.
    const ms = ((CALLS - index) * MAX_WAIT_MS) / CALLS;
    return client.call('probe__wait', { text: `${name} ${index}`, ms });
  });
}

function expected(name: string): readonly string[] {
  return Array.from({ length: CALLS }, (_, index) => `${name} ${index}`);
}

const v1 = (owner: string): Promise<SdkClient> => connectSdkV1(world, 'http', owner);
const legacy = (owner: string): Promise<SdkClient> => connectSdkV2(world, 'http', 'legacy', owner);
const modern = (owner: string): Promise<SdkClient> => connectSdkV2(world, 'http', 'auto', owner);

// Both clients number their requests from the same first number, so the ids of their requests are equal.
describe.each([
  ['two clients of the SDK 1.x', v1, v1],
  ['two modern clients of the SDK 2.x', modern, modern],
  ['one client of the SDK 1.x and one of the SDK 2.x', v1, legacy],
  ['one legacy and one modern client', v1, modern],
])('%s', (_, connectAnn, connectBob) => {
  it('two clients of a gateway get their own responses if their concurrent calls have the same ids', async () => {
    await using clients = new AsyncDisposableStack();
    const [ann, bob] = [clients.use(await connectAnn('ann')), clients.use(await connectBob('bob'))];
    const [toAnn, toBob] = await Promise.all([Promise.all(callsOf(ann, 'ann')), Promise.all(callsOf(bob, 'bob'))]);
    expect(toAnn).toEqual(expected('ann'));
    expect(toBob).toEqual(expected('bob'));
  });

  it('two clients of a gateway each get the sampling requests of their own calls, even if the ids are the same', async () => {
    await using clients = new AsyncDisposableStack();
    const [ann, bob] = [clients.use(await connectAnn('ann')), clients.use(await connectBob('bob'))];
    const ask = (client: SdkClient): Promise<string>[] =>
      Array.from({ length: 10 }, (_, index) => client.call('fixture__test_sampling', { prompt: `Question ${index}` }));
    const [toAnn, toBob] = await Promise.all([Promise.all(ask(ann)), Promise.all(ask(bob))]);
    for (const [index, text] of toAnn.entries()) expect(text).toMatch(new RegExp(`of ann heard.*Question ${index}`));
    for (const [index, text] of toBob.entries()) expect(text).toMatch(new RegExp(`of bob heard.*Question ${index}`));
  });

  it('a request that a stdio server sends during a call goes only to the client that made the call', async () => {
    await using clients = new AsyncDisposableStack();
    const [ann, bob] = [clients.use(await connectAnn('ann')), clients.use(await connectBob('bob'))];
    for (const [client, owner] of [
      [ann, 'ann'],
      [bob, 'bob'],
    ] as const) {
      const text = await client.call('everything__trigger-sampling-request', { prompt: 'Whose are you?' });
      expect(text).toContain(`The model of ${owner} heard`);
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PeerWorld, startPeerWorld } from '../helpers/peer-world.ts';
import type { SdkClient } from './clients/sdk-client.ts';
import { connectSdkV1 } from './clients/sdk-v1.ts';
import { connectSdkV2 } from './clients/sdk-v2.ts';

const CALLS = 200;

/** Answers overtake each other. */
const MAX_WAIT_MS = 200;

let world: PeerWorld;

beforeAll(async () => {
  world = await startPeerWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

/** What the client was answered to calls that each ask for something of their own. */
function callsOf(client: SdkClient, name: string): Promise<string>[] {
  return Array.from({ length: CALLS }, (_, index) => {
    // The later ones are answered first, about.
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

// Each client counts its requests from the same number on, so that their ids are equal.
describe.each([
  ['two of the SDK 1.x', v1, v1],
  ['two of the SDK 2.x, modern', modern, modern],
  ['one of the SDK 1.x and one of the SDK 2.x', v1, legacy],
  ['one of each era', v1, modern],
])('%s', (_, connectAnn, connectBob) => {
  it('get their own answers to calls of equal ids at once', async () => {
    await using clients = new AsyncDisposableStack();
    const [ann, bob] = [clients.use(await connectAnn('ann')), clients.use(await connectBob('bob'))];
    const [toAnn, toBob] = await Promise.all([Promise.all(callsOf(ann, 'ann')), Promise.all(callsOf(bob, 'bob'))]);
    expect(toAnn).toEqual(expected('ann'));
    expect(toBob).toEqual(expected('bob'));
  });

  it('have their own models asked, in calls of equal ids at once', async () => {
    await using clients = new AsyncDisposableStack();
    const [ann, bob] = [clients.use(await connectAnn('ann')), clients.use(await connectBob('bob'))];
    const ask = (client: SdkClient): Promise<string>[] =>
      Array.from({ length: 10 }, (_, index) => client.call('fixture__test_sampling', { prompt: `Question ${index}` }));
    const [toAnn, toBob] = await Promise.all([Promise.all(ask(ann)), Promise.all(ask(bob))]);
    for (const [index, text] of toAnn.entries()) expect(text).toMatch(new RegExp(`of ann heard.*Question ${index}`));
    for (const [index, text] of toBob.entries()) expect(text).toMatch(new RegExp(`of bob heard.*Question ${index}`));
  });

  it('are not asked what a program wants to know in a call of the other', async () => {
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

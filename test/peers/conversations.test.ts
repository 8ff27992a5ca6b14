import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type PeerWorld, startPeerWorld } from '../helpers/peer-world.ts';
import type { SdkClient } from './clients/sdk-client.ts';
import { connectSdkV1 } from './clients/sdk-v1.ts';
import { connectSdkV2 } from './clients/sdk-v2.ts';

const CLIENTS: readonly (readonly [string, string, (world: PeerWorld) => Promise<SdkClient>])[] = [
  ['the SDK 1.x over HTTP', 'legacy', (world) => connectSdkV1(world, 'http')],
  ['the SDK 1.x over stdio', 'legacy', (world) => connectSdkV1(world, 'stdio')],
  ['the SDK 2.x over HTTP, legacy', 'legacy', (world) => connectSdkV2(world, 'http', 'legacy')],
  ['the SDK 2.x over stdio, legacy', 'legacy', (world) => connectSdkV2(world, 'stdio', 'legacy')],
  ['the SDK 2.x over HTTP, auto', 'modern', (world) => connectSdkV2(world, 'http', 'auto')],
  ['the SDK 2.x over stdio, auto', 'modern', (world) => connectSdkV2(world, 'stdio', 'auto')],
];

const EXTRA = 'fixture__test_extra_tool';

let world: PeerWorld;

beforeAll(async () => {
  world = await startPeerWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

describe.each(CLIENTS)('%s', (_, era, connect) => {
  let client: SdkClient;

  beforeAll(async () => {
    client = await connect(world);
    // A gateway that the client has just started lists tools immediately, perhaps before all connectors are up.
    await eventually('all connectors are there', async () => (await client.toolNames()).includes('probe__wait'));
  });

  afterAll(() => client[Symbol.asyncDispose]());

  it(`a client of the official SDK uses the ${era} protocol with the gateway`, () => {
    expect(client.era()).toBe(era);
  });

  it('a client of the official SDK is notified when the tools of a connector change', async () => {
    const [before, had] = [client.toolChanges(), (await client.toolNames()).includes(EXTRA)];
    await client.call('fixture__test_trigger_tool_change', {});
    await eventually('it was told', () => client.toolChanges() > before);
    await eventually('they changed', async () => (await client.toolNames()).includes(EXTRA) !== had);
  });

  it('a client of the official SDK can answer a sampling request that a server sends during a call', async () => {
    const text = await client.call('fixture__test_sampling', { prompt: 'How far is the moon?' });
    expect(text).toContain('The model of ada heard');
    expect(text).toContain('How far is the moon?');
  });

  // Other sessions are still open here, because clients of earlier tests left without ending their sessions.
  it('a client of the official SDK can answer a sampling request from a stdio server, which does not identify the call', async () => {
    const text = await client.call('everything__trigger-sampling-request', { prompt: 'How far is the sun?' });
    expect(text).toContain('The model of ada heard');
    expect(text).toContain('How far is the sun?');
  });

  it('a client of the official SDK can answer an elicitation that a server sends during a call', async () => {
    const text = await client.call('fixture__test_elicitation', { message: 'Who are you?' });
    expect(text).toBe('User response: action=accept, content={"username":"ada","email":"ada@example.com"}');
  });

  it('a client of the official SDK receives progress in order and before the result', async () => {
    const heard: number[] = [];
    const onprogress = ({ progress }: { readonly progress: number }): void => void heard.push(progress);
    await client.call('fixture__test_tool_with_progress', {}, { onprogress });
    // The SDK calls notification listeners one event loop turn after it handles a result. So the last notification is
    // lost if it arrives together with the result.
    expect(heard.slice(0, 2)).toEqual([0, 50]);
    expect([0, 50, 100]).toEqual(expect.arrayContaining(heard));
  });

  it('a call is cancelled at the server when a client of the official SDK aborts it', async () => {
    const text = crypto.randomUUID();
    const giveUp = new AbortController();
    const call = client.call('probe__hang', { text }, { signal: giveUp.signal });
    const failed = expect(call).rejects.toThrow();
    await eventually('the connector has the call', () => world.probe.hanging.has(text));
    giveUp.abort(new Error('Enough'));
    await failed;
    await eventually('the connector was notified', () => world.probe.cancelled.has(text));
    expect(await client.call('probe__wait', { text: 'still there', ms: 1 })).toBe('still there');
  });
});

it('a running call is cancelled at the server when its client disconnects without a message', async () => {
  const text = crypto.randomUUID();
  const client = await connectSdkV1(world, 'http');
  const failed = expect(client.call('probe__hang', { text })).rejects.toThrow();
  await eventually('the connector has the call', () => world.probe.hanging.has(text));
  await client[Symbol.asyncDispose]();
  await failed;
  await eventually('the connector was notified', () => world.probe.cancelled.has(text));
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PeerWorld, startPeerWorld } from '../helpers/peer-world.ts';
import { connectAiSdk } from './clients/ai-sdk.ts';
import { connectInspector } from './clients/inspector.ts';
import { connectMcporter, connectMcporterCli } from './clients/mcporter.ts';
import type { ConnectPeer, PeerClient } from './clients/peer-client.ts';
import { connectSdkV1 } from './clients/sdk-v1.ts';
import { connectSdkV2 } from './clients/sdk-v2.ts';

const PEERS: readonly (readonly [string, ConnectPeer])[] = [
  ['the SDK 1.x over HTTP', (world) => connectSdkV1(world, 'http')],
  ['the SDK 1.x over stdio', (world) => connectSdkV1(world, 'stdio')],
  ['the SDK 2.x over HTTP, legacy', (world) => connectSdkV2(world, 'http', 'legacy')],
  ['the SDK 2.x over stdio, legacy', (world) => connectSdkV2(world, 'stdio', 'legacy')],
  ['the SDK 2.x over HTTP, auto', (world) => connectSdkV2(world, 'http', 'auto')],
  ['the SDK 2.x over stdio, auto', (world) => connectSdkV2(world, 'stdio', 'auto')],
  ['@ai-sdk/mcp', connectAiSdk],
  ['the library of mcporter', connectMcporter],
  ['the command line of mcporter', connectMcporterCli],
  ['the inspector over HTTP, legacy', (world) => connectInspector(world, 'http', 'legacy')],
  ['the inspector over HTTP, modern', (world) => connectInspector(world, 'http', 'modern')],
  ['the inspector over stdio', (world) => connectInspector(world, 'stdio', 'legacy')],
];

let world: PeerWorld;

beforeAll(async () => {
  world = await startPeerWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

describe.each(PEERS)('%s', (_, connect) => {
  let client: PeerClient;

  beforeAll(async () => {
    client = await connect(world);
  });

  afterAll(() => client[Symbol.asyncDispose]());

  it('a client of the gateway can list the tools of all connectors', async () => {
    const names = await client.toolNames();
    expect(names).toEqual(expect.arrayContaining(['everything__get-sum', 'fixture__test_simple_text', 'probe__wait']));
  });

  it('a client of the gateway can call a tool of each connector', async () => {
    expect(await client.call('everything__get-sum', { a: 2, b: 3 })).toContain('The sum of 2 and 3 is 5');
    expect(await client.call('fixture__test_simple_text', {})).toContain('simple text');
    expect(await client.call('probe__wait', { text: 'waited', ms: 1 })).toBe('waited');
  });

  it('a client of the gateway can read a resource of a connector', async ({ skip }) => {
    if (client.read === null) return skip('the client has none');
    expect(await client.read('fixture+test://static-text')).toContain('static text resource');
  });

  it('a client of the gateway can get a prompt of a connector', async ({ skip }) => {
    if (client.prompt === null) return skip('the client has none');
    expect(await client.prompt('fixture__test_simple_prompt')).toContain('a simple prompt for testing');
  });
});

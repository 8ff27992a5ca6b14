import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { createAnswerKey, FrameSealer } from '../../../src/main/gateway/replicas/wire/answer-frames.ts';
import {
  HOP_HEADER,
  type HopFacts,
  hopPlace,
  readHopHeader,
  writeHopHeader,
} from '../../../src/main/gateway/replicas/wire/hop-header.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type HopReplica, startHopWorld } from '../../helpers/fleet/hop-world.ts';
import { SECRET } from '../../helpers/fleet/scripted-roster.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { envelope, openSession, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const end of cleanup.splice(0)) end();
});

/** Starts a server in place of a replica, and returns its URL. */
async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Records the bytes sent to an address, and forwards them. */
async function record(to: string): Promise<{ readonly address: string; readonly bytes: () => Buffer }> {
  const chunks: Buffer[] = [];
  const server = createTcpServer((client) => {
    const target = connect(Number(new URL(to).port), '127.0.0.1');
    client.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    client.pipe(target).pipe(client);
    target.on('error', () => {});
    cleanup.push(() => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, bytes: () => Buffer.concat(chunks) };
}

/**
 * Sends bytes unchanged; resolves with everything received until the other side closes or has sent a complete response.
 */
async function raw(to: string, bytes: Buffer | string): Promise<string> {
  const socket = connect(Number(new URL(to).port), '127.0.0.1');
  cleanup.push(() => socket.destroy());
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.write(bytes);
  await Promise.race([once(socket, 'close'), eventually('it answers', () => text.includes('\r\n\r\n'))]);
  return text;
}

const OTHER = 'a secret that nobody of this fleet has';
const sealer = new FleetSealer('test', [SECRET]);
const REFUSED = '{"error":"FLEET_HOP_REFUSED"}';
let counter = 0;

/** Creates a hop (a request forwarded to another replica) with the right secret and the given changes. */
function hop(
  { fleet }: HopReplica,
  change: Partial<HopFacts> & { body?: Buffer; path?: string; length?: number; answerKey?: string } = {},
): { readonly text: string; readonly facts: HopFacts } {
  counter += 1;
  const { body: given, path, length, answerKey = createAnswerKey(), ...other } = change;
  const facts: HopFacts = { kind: 'answer', senderId: 'attacker', receiverId: fleet.hostId, counter, ...other };
  const body = given ?? sealer.seal('hop', hopPlace(facts), Buffer.from(JSON.stringify({ answerKey })));
  const header = writeHopHeader(facts, body.length, sealer);
  const head = [
    `POST ${path ?? `/fleet/v1/${facts.kind}`} HTTP/1.1`,
    ...['host: x', `${HOP_HEADER}: ${header}`, `content-length: ${length ?? body.length}`],
  ].join('\r\n');
  return { text: `${head}\r\n\r\n${body.toString('latin1')}`, facts };
}

const send = ({ listener }: HopReplica, { text }: { readonly text: string }) =>
  raw(listener.url, Buffer.from(text, 'latin1'));
const refusals = ({ lines }: HopReplica) => lines.filter(({ fields }) => fields.event === 'fleet-hop-refused');

describe('the endpoint at which a replica accepts hops', () => {
  it('the endpoint for hops accepts any host name and origin, and encrypts its responses', async () => {
    await using world = await startHopWorld(1, {});
    const answer = await send(world.at(0), hop(world.at(0)));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('application/octet-stream');
    expect(answer).not.toContain('isDone');
  });

  it('a gateway without a fleet has no endpoint for hops', async () => {
    await using world = await startGateway({});
    const { listener } = world;
    const [response, hopped] = [await fetch(`${listener.url}/nowhere`), await fetch(`${listener.url}/fleet/v1/answer`)];
    expect([hopped.status, await hopped.text()]).toEqual([response.status, await response.text()]);
  });

  it('the endpoint for hops rejects every kind of forged hop with the same text', async () => {
    await using world = await startHopWorld(2, {});
    const replica = world.at(0);
    const good = hop(replica);
    const wrong = {
      'no header': good.text.replace(/switchyard-hop: .*\r\n/, ''),
      'another secret': good.text.replace(
        /switchyard-hop: .*\r\n/,
        `switchyard-hop: ${writeHopHeader(good.facts, 1, new FleetSealer('test', [OTHER]))}\r\n`,
      ),
      'another kind': good.text.replace('/answer', '/ended'),
      'another receiver': hop(world.at(1)).text,
      'another length': hop(replica, { length: 10 }).text,
      'another sender': good.text.replace('attacker', 'somebody'),
      'another counter': good.text.replace(/attacker\.\d+/, 'attacker.999'),
      'itself as the sender': hop(replica, { senderId: replica.fleet.hostId }).text,
      'no length': good.text.replace(/content-length: \d+/, 'transfer-encoding: chunked'),
      'an endless length': good.text.replace(/content-length: \d+/, 'content-length: 9999999999'),
      'another method': good.text.replace('POST', 'GET'),
      'a body of another hop': hop(replica, { body: sealer.seal('hop', 'elsewhere', Buffer.from('{}')) }).text,
      'a body that is no hop': hop(replica, {
        ...{ counter: 500, senderId: 'x' },
        body: sealer.seal(
          'hop',
          hopPlace({ kind: 'answer', senderId: 'x', receiverId: replica.fleet.hostId, counter: 500 }),
          Buffer.from('[]'),
        ),
      }).text,
    };
    for (const [name, text] of Object.entries(wrong)) {
      const answer = await send(replica, { text });
      expect([name, answer.slice(0, 12)]).toEqual([name, 'HTTP/1.1 403']);
      expect([name, answer.slice(answer.indexOf('\r\n\r\n') + 4).split('\n')[0]]).toEqual([name, REFUSED]);
    }
    expect((await send(replica, good)).slice(0, 12)).toBe('HTTP/1.1 200');
  });

  it('the endpoint for hops cannot be reached by any other spelling of its path', async () => {
    await using world = await startHopWorld(1, {});
    const paths = [
      ...[
        '/fleet/v1/answer/',
        '/fleet/v1/answer?x',
        '/fleet/v1/answer/../ended',
        '/fleet/v1/%61nswer',
        '//fleet/v1/answer',
      ],
      ...[
        '/FLEET/v1/answer',
        '/fleet/v1/',
        '/fleet/v1',
        '/fleet/v2/answer',
        '/x/../fleet/v1/answer',
        '/fleet\\v1/answer',
      ],
      ...['/fleet/v1/__proto__', '/fleet/v1/constructor', '/fleet/v1/toString', 'http://x/fleet/v1/answer', '*'],
    ];
    for (const path of paths) {
      const answer = await send(world.at(0), hop(world.at(0), { path }));
      expect([path, answer.slice(0, 10)]).toEqual([path, 'HTTP/1.1 4']);
    }
  });

  it('the endpoint for hops accepts a recorded hop only once, and never accepts a changed hop', async () => {
    await using world = await startHopWorld(1, {});
    const replica = world.at(0);
    const { address, bytes } = await record(replica.listener.url);
    world.roster.place(replica.fleet.hostId, address);
    const sender = world.sender();
    await sender.ended({ id: 'some session', principal: 'anonymous', route: 'all' });
    const recorded = bytes();
    expect(recorded.toString('latin1')).toContain('/fleet/v1/ended');
    expect(recorded.toString('latin1')).not.toContain('some session');
    expect((await raw(replica.listener.url, recorded)).slice(0, 12)).toBe('HTTP/1.1 403');
    expect(refusals(replica).map(({ fields }) => fields.why)).toEqual(['it was received before']);
    const start = recorded.indexOf('\r\n\r\n') + 4;
    const fresh = Buffer.from(hop(replica).text, 'latin1');
    const at = fresh.indexOf('\r\n\r\n') + 4 + 40;
    fresh[at] = (fresh[at] ?? 0) ^ 1;
    expect((await raw(replica.listener.url, fresh)).slice(0, 12)).toBe('HTTP/1.1 403');
    expect(start).toBeGreaterThan(4);
  });

  it('an attacker who sends a hop with the highest possible counter blocks only further hops of that sender', async () => {
    await using world = await startHopWorld(1, {});
    const replica = world.at(0);
    const take = async (change: Partial<HopFacts>) => (await send(replica, hop(replica, change))).slice(9, 12);
    expect(await take({ senderId: 'high', counter: Number.MAX_SAFE_INTEGER })).toBe('200');
    expect(await take({ senderId: 'high', counter: 5 })).toBe('403');
    expect(await take({ senderId: 'low', counter: 5 })).toBe('200');
  });

  it('the endpoint for hops rejects an unknown sender before the body arrives, and times out a missing body', async () => {
    await using world = await startHopWorld(1, {}, { limits: { requestTimeoutMs: 1_000 } });
    const replica = world.at(0);
    const stranger = hop(replica).text.replace(/attacker/, 'stranger');
    const head = stranger.slice(0, stranger.indexOf('\r\n\r\n') + 4);
    expect((await send(replica, { text: head })).slice(0, 12)).toBe('HTTP/1.1 403');
    const slow = hop(replica).text;
    const answer = await send(replica, { text: slow.slice(0, slow.indexOf('\r\n\r\n') + 14) });
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 408');
  });

  it('the hop endpoint combines many rejected hops into one log line', async () => {
    await using world = await startHopWorld(1, {});
    for (let count = 0; count < 20; count += 1)
      await fetch(`${world.at(0).listener.url}/fleet/v1/answer`, { method: 'POST' });
    expect(refusals(world.at(0))).toHaveLength(1);
  });
});

describe('a replica that sends a hop', () => {
  const session = { id: 's', principal: 'anonymous', route: 'all' };

  it('a replica that sends a hop accepts no unauthenticated response, and follows no redirect', async () => {
    await using world = await startHopWorld(1, {});
    const real = world.at(0);
    const hops: string[] = [];
    const fakes: RequestListener[] = [
      (_, response) => response.end('{"isDone":true}'),
      (_, response) => response.end(Buffer.alloc(1_000_000, 0xff)),
      (_, response) => {
        const frames = new FrameSealer(createAnswerKey());
        response.end(
          Buffer.concat([frames.seal('head', Buffer.from('{"isDone":true}')), frames.seal('end', Buffer.alloc(0))]),
        );
      },
      (request, response) => response.writeHead(307, { location: real.listener.url + request.url }).end(),
      (_, response) => response.writeHead(204).end(),
      (_, response) => response.destroy(),
    ];
    for (const [index, fake] of fakes.entries()) {
      const address = await listen((request, response) => {
        hops.push(request.url ?? '');
        fake(request, response);
      });
      world.roster.place(`fake-${index}`, address);
    }
    const sender = world.sender();
    for (const index of fakes.keys())
      expect([index, await sender.answer(session, `fake-${index}`, { id: 1, result: {} })]).toEqual([index, false]);
    expect(hops).toHaveLength(fakes.length);
    const forwarded = sender.forward('retry', 'fake-0', {}, new AbortController().signal);
    await expect(forwarded).rejects.toMatchObject({ code: 'FLEET_REPLICA_GONE' });
    expect(refusals(real)).toEqual([]);
  });

  it('a replica forwards no client credentials in a hop, neither a header nor a cookie', async () => {
    const token = 'the-access-token-of-a-client';
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) => events({ jsonrpc: '2.0', id: 'q', method: 'roots/list', params: {} }),
    });
    await using world = await startHopWorld(2, { a: remote(server) }, { listener: { tokens: [token] } });
    const headers = { authorization: `Bearer ${token}`, cookie: 'secret=cookie-value', 'x-forwarded-for': '10.0.0.1' };
    const options = { capabilities: { roots: {} }, headers };
    const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, options);
    let seen: unknown = null;
    const { hostId } = world.at(0).fleet;
    const address = await listen(async (request: IncomingMessage, response) => {
      const claim = readHopHeader(request.headers[HOP_HEADER]);
      const body = await buffer(request);
      const facts = {
        kind: 'retry',
        senderId: claim?.senderId ?? '',
        receiverId: hostId,
        counter: claim?.counter ?? 0,
      };
      seen = {
        headers: request.headers,
        payload: JSON.parse(sealer.open('hop', hopPlace(facts as HopFacts), body)?.toString() ?? 'null'),
      };
      response.destroy();
    });
    world.roster.place(hostId, address);
    const retry = { name: 'a__echo', requestState: first.result.requestState, inputResponses: {} };
    const second = await postModern(world.at(1).mcp, 'tools/call', retry, options);
    expect(second.error.message).toContain('FLEET_REPLICA_GONE');
    const text = JSON.stringify(seen);
    expect(text).toContain('10.0.0.1');
    expect(text).toContain('mcp-method');
    for (const secret of [token, 'cookie-value', 'authorization']) expect(text).not.toContain(secret);
  });

  it('a request that one replica forwards to another is never forwarded again, and fails instead', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) => events({ jsonrpc: '2.0', id: 'q', method: 'roots/list', params: {} }),
    });
    await using world = await startHopWorld(2, { a: remote(server) });
    const options = { capabilities: { roots: {} } };
    const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, options);
    const { address, bytes } = await record(world.at(0).listener.url);
    world.roster.place(world.at(0).fleet.hostId, address);
    const _meta = envelope({ roots: {} });
    const params = { name: 'a__echo', requestState: first.result.requestState, inputResponses: {}, _meta };
    const { head, body } = await world.sender().forward(
      'retry',
      world.at(1).fleet.hostId,
      {
        message: { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
        headers: {
          ...{ accept: 'application/json', 'mcp-protocol-version': '2026-07-28' },
          ...{ 'mcp-method': 'tools/call', 'mcp-name': 'a__echo' },
        },
        ...{ path: '/mcp', principal: 'anonymous', payer: 'x' },
      },
      new AbortController().signal,
    );
    expect(head.status).toBe(200);
    let text = '';
    for await (const chunk of body) text += chunk.toString();
    expect(text).toContain('too old');
    expect(bytes()).toHaveLength(0);
  });

  it('a hop cannot resume a call of another caller, route or request', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ events }) => events({ jsonrpc: '2.0', id: 'q', method: 'roots/list', params: {} }),
    });
    const tokens = ['the-access-token-of-one', 'the-access-token-of-another'];
    const routes = { other: ['*'] };
    await using world = await startHopWorld(2, { a: remote(server) }, { listener: { tokens }, gateway: { routes } });
    const as = (token = '') => ({ capabilities: { roots: {} }, headers: { authorization: `Bearer ${token}` } });
    const first = await postModern(world.at(0).mcp, 'tools/call', { name: 'a__echo' }, as(tokens[0]));
    const retry = {
      name: 'a__echo',
      requestState: first.result.requestState,
      inputResponses: { 'request-1': { roots: [] } },
    };
    const other = `${world.at(1).listener.url}/r/other/mcp`;
    const wrong = [
      await postModern(world.at(1).mcp, 'tools/call', retry, as(tokens[1])),
      await postModern(other, 'tools/call', retry, as(tokens[0])),
      await postModern(world.at(1).mcp, 'tools/call', { ...retry, arguments: { x: 1 } }, as(tokens[0])),
    ];
    for (const { error } of wrong) expect(error).toMatchObject({ code: -32_602 });
    expect(server.of('POST').filter(({ message }) => message.id === 'q')).toEqual([]);
    const session = await openSession(world.at(0).mcp, {}, as(tokens[0]).headers);
    const hopSession = { id: session.id, principal: 'token-of-nobody', route: 'all' };
    expect(await world.sender().notice(hopSession, { method: 'x' })).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EraMemory } from '../../../../src/main/connectors/connection/era-memory.ts';
import { StatusError } from '../../../../src/main/connectors/connection/http-refusal.ts';
import { assertNotSelf, shakeHands } from '../../../../src/main/connectors/messages/handshake.ts';
import { judgeAnswer } from '../../../../src/main/connectors/messages/http/http-status.ts';
import type { MessageChannel } from '../../../../src/main/connectors/messages/message-channel.ts';
import { TOOLS_ONLY } from '../../../../src/main/mcp/host-side.ts';
import { type JsonObject, RpcError } from '../../../../src/main/mcp/json-rpc.ts';

const DISCOVERED = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
const INITIALIZED = { protocolVersion: '2025-11-25', capabilities: { tools: {}, prompts: null } };

function refused(status: number, step = 'server/discover'): StatusError {
  const verdict = judgeAnswer({ step, id: 1, hasSession: false }, { status, headers: {}, body: '', hint: null });
  if (verdict.kind === 'answered') throw new Error('It is an answer');
  return new StatusError(verdict);
}

/** Creates a channel to a server that responds to each method with the given function. */
function channelOf(answers: Readonly<Record<string, () => Promise<JsonObject>>>) {
  const sent: string[] = [];
  const spoken: string[] = [];
  const channel: MessageChannel = {
    isModern: false,
    speak: (era, revision) => void spoken.push(`${era} ${revision}`),
    request: (method) => {
      sent.push(method);
      return answers[method]?.() ?? new Promise(() => {});
    },
    notify: async (method) => void sent.push(method),
    answer: async () => {},
  };
  return { channel, sent, spoken };
}

const after = (ms: number) => (begin: () => void) => {
  const timer = setTimeout(begin, ms);
  return () => clearTimeout(timer);
};
const options = (silenceMs?: number) => ({
  endpoint: 'https://one.example/mcp',
  eras: new EraMemory(),
  transport: 'stdio' as const,
  ...(silenceMs !== undefined && { whenSilent: after(silenceMs) }),
});
const resolves = (result: JsonObject) => () => Promise.resolve(result);
const rejects = (error: Error) => () => Promise.reject(error);
const later = (ms: number, result: JsonObject) => () =>
  new Promise<JsonObject>((resolve) => setTimeout(() => resolve(result), ms));
const unknown = new RpcError(-32_601, 'Method not found');

describe('shakeHands', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('the handshake selects the modern protocol if the server answers server/discover', async () => {
    const { channel, sent } = channelOf({ 'server/discover': resolves(DISCOVERED) });
    const { facts } = await shakeHands(channel, 'auto', {}, options(2_000));
    expect(facts).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28', transport: 'stdio' });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toEqual(['server/discover']);
  });

  it.each([
    ['an unknown-method error', unknown],
    ['status 404', refused(404)],
  ])(
    'the handshake falls back to initialize after %s, and the next handshake starts with initialize',
    async (_what, error) => {
      const how = options();
      const answers = { 'server/discover': rejects(error), initialize: resolves(INITIALIZED) };
      const { channel, sent } = channelOf(answers);
      const { facts } = await shakeHands(channel, 'auto', {}, how);
      expect(facts).toMatchObject({ era: 'legacy', capabilities: { tools: {} } });
      expect(facts.capabilities).not.toHaveProperty('prompts');
      expect(sent).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
      const second = channelOf(answers);
      await shakeHands(second.channel, 'auto', {}, how);
      expect(second.sent).toEqual(['initialize', 'notifications/initialized']);
    },
  );

  it.each([refused(401), refused(403), new Error('reset')])(
    'the handshake does not fall back to initialize if server/discover fails with %s',
    async (error) => {
      const { channel, sent } = channelOf({ 'server/discover': rejects(error), initialize: resolves(INITIALIZED) });
      await expect(shakeHands(channel, 'auto', {}, options(2_000))).rejects.toBe(error);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(sent).toEqual(['server/discover']);
    },
  );

  it('the handshake sends initialize if server/discover gets no response within the silence period', async () => {
    const { channel, sent } = channelOf({ initialize: resolves(INITIALIZED) });
    const shaking = shakeHands(channel, 'auto', {}, options(2_000));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(sent).toEqual(['server/discover']);
    await vi.advanceTimersByTimeAsync(1);
    expect((await shaking).facts.era).toBe('legacy');
  });

  it('the handshake waits for server/discover without limit if the transport sets no silence period', async () => {
    const { channel, sent } = channelOf({ initialize: resolves(INITIALIZED) });
    void shakeHands(channel, 'auto', {}, options());
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sent).toEqual(['server/discover']);
  });

  it('the handshake selects the modern protocol if the server responds late and rejects initialize', async () => {
    const answers = { 'server/discover': later(6_000, DISCOVERED), initialize: rejects(unknown) };
    const { channel, spoken } = channelOf(answers);
    const shaking = shakeHands(channel, 'auto', {}, options(2_000));
    await vi.advanceTimersByTimeAsync(6_000);
    expect((await shaking).facts.era).toBe('modern');
    expect(spoken.at(-1)).toBe('modern 2026-07-28');
  });

  it('the handshake sends initialize once, even if server/discover is rejected after the silence period', async () => {
    const refusedLate = () => later(3_000, {})().then(() => Promise.reject(unknown));
    const answers = { 'server/discover': refusedLate, initialize: later(4_000, INITIALIZED) };
    const { channel, sent } = channelOf(answers);
    const shaking = shakeHands(channel, 'auto', {}, options(2_000));
    await vi.advanceTimersByTimeAsync(6_000);
    expect((await shaking).facts.era).toBe('legacy');
    expect(sent).toEqual(['server/discover', 'initialize', 'notifications/initialized']);
  });

  it('the handshake fails with the error of initialize if both server/discover and initialize fail', async () => {
    const refused = new RpcError(-32_000, 'no licence');
    const { channel } = channelOf({ 'server/discover': rejects(unknown), initialize: rejects(refused) });
    await expect(shakeHands(channel, 'auto', {}, options(2_000))).rejects.toBe(refused);
  });

  it.each(['2024-11-05', '2024-10-07'])(
    'the handshake accepts the legacy protocol version %s',
    async (protocolVersion) => {
      const { channel } = channelOf({ initialize: resolves({ ...INITIALIZED, protocolVersion }) });
      expect((await shakeHands(channel, 'legacy', {}, options())).facts.protocolVersion).toBe(protocolVersion);
    },
  );

  it('the handshake rejects an unsupported protocol version', async () => {
    const { channel } = channelOf({ initialize: resolves({ ...INITIALIZED, protocolVersion: '1999-01-01' }) });
    await expect(shakeHands(channel, 'legacy', {}, options())).rejects.toThrow('an MCP revision');
  });
});

describe('assertNotSelf', () => {
  const handshake = { facts: {} as Parameters<typeof assertNotSelf>[1]['facts'], confirmed: null };

  it('assertNotSelf() throws only if the server is the gateway itself', () => {
    const host = { ...TOOLS_ONLY, instanceId: 'g' };
    expect(() => assertNotSelf(host, { ...handshake, instanceId: 'g' }, 'one')).toThrow('is the gateway itself');
    expect(() => assertNotSelf(host, { ...handshake, instanceId: 'other' }, 'one')).not.toThrow();
    expect(() => assertNotSelf(TOOLS_ONLY, { ...handshake, instanceId: undefined }, 'one')).not.toThrow();
  });
});

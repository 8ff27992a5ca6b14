import { describe, expect, it } from 'vitest';
import type { ConnectorTarget } from '../../../../src/main/connectors/connection/connection.ts';
import { connectWithSseFallback, STREAM_STEP } from '../../../../src/main/connectors/connection/sse-fallback.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import { scriptedConnection } from '../../../helpers/scripted-connection.ts';

const refused = new Error('Streamable HTTP is refused');

/** Connects to a server that responds to Streamable HTTP with `status`, and returns the transports that were tried. */
async function tried(status: number | 'sse' | null, target: Partial<ConnectorTarget> = {}): Promise<string[]> {
  const ways: string[] = [];
  const outcome = await connectWithSseFallback({ era: 'auto', transport: 'auto', ...target } as ConnectorTarget, {
    overStreamableHttp: async () => {
      ways.push('http');
      throw refused;
    },
    overSse: async () => {
      ways.push('sse');
      return scriptedConnection();
    },
    statusOf: () => status,
  }).then(
    () => 'connected',
    (error: unknown) => (error === refused ? 'refused' : String(error)),
  );
  return [...ways, outcome];
}

describe('connectWithSseFallback', () => {
  it.each([
    ['responds with the status 400', 400],
    ['responds with the status 404', 404],
    ['responds with the status 405', 405],
    ['responds like an SSE server', 'sse'],
  ] as const)('a connection tries SSE if the server %s', async (_, status) => {
    await expect(tried(status)).resolves.toEqual(['http', 'sse', 'connected']);
  });

  it.each([
    ...[401, 403, 406, 429, 499, 302, 500, 503].map(
      (status) => [`responds with the status ${status}`, status] as const,
    ),
    ['does not respond', null] as const,
  ])('a connection does not try SSE if the server %s', async (_, status) => {
    await expect(tried(status)).resolves.toEqual(['http', 'refused']);
  });

  it('a connection does not try SSE if its entry names Streamable HTTP or requires the modern protocol', async () => {
    await expect(tried(404, { transport: 'streamable-http' })).resolves.toEqual(['http', 'refused']);
    await expect(tried(404, { era: 'modern' })).resolves.toEqual(['http', 'refused']);
  });

  it('a connection tries only SSE if its entry names SSE as the transport', async () => {
    await expect(tried(null, { transport: 'sse' })).resolves.toEqual(['sse', 'connected']);
  });

  it.each([
    ['the refusal of Streamable HTTP', 405, { step: STREAM_STEP, status: 404 }, 'refused'],
    ['the failure of SSE', 405, { step: STREAM_STEP, status: 503 }, 'over SSE'],
    ['the failure of SSE', 405, { step: 'initialize', status: 400 }, 'over SSE'],
    ['the failure of SSE', 405, {}, 'over SSE'],
    ['the failure of SSE', 'sse', { step: STREAM_STEP, status: 405 }, 'over SSE'],
  ] as const)(
    'a connection reports %s (outcome of Streamable HTTP: %s, outcome of SSE: %j)',
    async (_, status, detail, told) => {
      const attempt = connectWithSseFallback({ era: 'auto', transport: 'auto' } as ConnectorTarget, {
        overStreamableHttp: () => Promise.reject(new Error('refused')),
        overSse: () => Promise.reject(new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'over SSE', { detail })),
        statusOf: () => status,
      });
      await expect(attempt).rejects.toThrow(told);
    },
  );
});

import { expect, it } from 'vitest';
import { modernEnvelope, NO_META, withMeta } from '../../../../src/main/connectors/messages/request-meta.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const envelope = modernEnvelope({ roots: {} });

it('withMeta() does not change the parameters of a legacy request, unless the request reports progress', () => {
  const params = { name: 'echo', _meta: { own: 1 } };
  expect(withMeta(params, null, NO_META)).toBe(params);
  expect(withMeta(params, null, { progressToken: 7, capabilities: null })).toEqual({
    name: 'echo',
    _meta: { own: 1, progressToken: 7 },
  });
});

it("withMeta() adds the protocol version and capabilities to a modern request, and overrides the caller's values", () => {
  const given = { _meta: { own: 1, [CAPABILITIES]: 'forged' } };
  expect(withMeta(given, envelope, NO_META)._meta).toEqual({ own: 1, ...envelope });
  expect(withMeta({}, envelope, { progressToken: 7, capabilities: { sampling: {} } })._meta).toMatchObject({
    [CAPABILITIES]: { sampling: {} },
    progressToken: 7,
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  });
});

import { describe, expect, it } from 'vitest';
import { askHost } from '../../../../src/main/connectors/messages/server-requests.ts';
import { TOOLS_ONLY } from '../../../../src/main/mcp/host-side.ts';

describe('askHost', () => {
  const { signal } = new AbortController();

  it('answers a roots request with an empty list if roots were not declared', async () => {
    await expect(askHost(TOOLS_ONLY, 'a', 'roots/list', {}, signal)).resolves.toEqual({ roots: [] });
    const able = { capabilities: { roots: {} }, answer: async () => ({ roots: [{ uri: 'file:///x' }] }) };
    await expect(askHost(able, 'a', 'roots/list', {}, signal)).resolves.toEqual({ roots: [{ uri: 'file:///x' }] });
  });

  it.each(['sampling/createMessage', 'elicitation/create', 'tasks/get'])(
    'rejects %s, which was not declared, as an unknown method',
    async (method) => {
      await expect(askHost(TOOLS_ONLY, 'a', method, {}, signal)).rejects.toMatchObject({ code: -32_601 });
    },
  );
});

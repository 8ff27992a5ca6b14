import { describe, expect, it } from 'vitest';
import { askHost } from '../../../../src/main/connectors/messages/server-requests.ts';
import { TOOLS_ONLY } from '../../../../src/main/mcp/host-side.ts';

describe('askHost', () => {
  const { signal } = new AbortController();

  it("a server's request roots/list gets an empty list if the host did not declare roots", async () => {
    await expect(askHost(TOOLS_ONLY, 'a', 'roots/list', {}, signal)).resolves.toEqual({ roots: [] });
    const able = { capabilities: { roots: {} }, answer: async () => ({ roots: [{ uri: 'file:///x' }] }) };
    await expect(askHost(able, 'a', 'roots/list', {}, signal)).resolves.toEqual({ roots: [{ uri: 'file:///x' }] });
  });

  it.each(['sampling/createMessage', 'elicitation/create', 'tasks/get'])(
    "a server's request %s is rejected as an unknown method if the host did not declare support for it",
    async (method) => {
      await expect(askHost(TOOLS_ONLY, 'a', method, {}, signal)).rejects.toMatchObject({ code: -32_601 });
    },
  );
});

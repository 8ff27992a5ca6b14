import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { startGateway } from '../helpers/gateway-world.ts';
import { logIn } from '../helpers/logins/log-in.ts';
import { ScriptedBrowser } from '../helpers/logins/scripted-browser.ts';
import { manage } from '../helpers/manager.ts';
import { postLegacy } from '../helpers/mcp-post.ts';
import { SdkV1Server } from '../helpers/sdk-v1-server/sdk-v1-server.ts';
import { entry } from '../helpers/signed-map.ts';

const IN = { content: [{ text: 'scopes mcp:tools' }] };

test.each(['resource', 'origin', '2025-03-26'] as const)(
  'a login at a server built with the SDK 1.x is refreshed, and revoked at the logout (metadata layout: %s)',
  async (layout) => {
    await using server = await SdkV1Server.start({ layout, tokenTtlSeconds: 5 });
    await using world = await manage([entry('crm', { endpoint: server.url })]);
    const { manager, lines } = world;
    await manager.sync();
    expect(manager.connector('crm')?.status).toMatchObject({ state: 'needs-login' });
    const started = await logIn(manager, 'crm');
    expect(started).toMatchObject({ issuer: server.issuer, scope: 'mcp:tools' });
    await manager.ready('crm');
    expect(await manager.callTool('crm.whoami')).toMatchObject(IN);
    await eventually('its token is refreshed', () => server.provider.refreshes > 0);
    expect(await manager.callTool('crm.whoami')).toMatchObject(IN);
    expect(await manager.logout('crm')).toBe(true);
    expect(server.provider.revoked.length).toBeGreaterThan(0);
    const printed = JSON.stringify([lines, manager.status(), await manager.logins()]);
    expect(server.provider.secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  },
);

test('a person can log in to an SSE server that is built with the official SDK 1.x', async () => {
  await using server = await SdkV1Server.start({ layout: 'origin' });
  await using world = await startGateway({ a: { type: 'sse', url: server.sseUrl } });
  const mcp = `${world.listener.url}/mcp`;
  const { error } = await postLegacy(mcp, 'tools/call', { name: 'a__whoami' });
  await new ScriptedBrowser().follow(String(error.data?.loginUrl));
  await eventually('it is up', () => world.manager.facts('a') !== null);
  expect((await postLegacy(mcp, 'tools/call', { name: 'a__whoami' })).result).toMatchObject(IN);
});

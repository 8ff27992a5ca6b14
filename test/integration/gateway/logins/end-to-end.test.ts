import { expect, it } from 'vitest';
import { eventually } from '../../../helpers/eventually.ts';
import { remote, startGateway } from '../../../helpers/gateway-world.ts';
import { AuthorizationServer } from '../../../helpers/logins/authorization-server.ts';
import { ProtectedMcpServer } from '../../../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';
import { openSession, openStream, postLegacy, postModern } from '../../../helpers/mcp-post.ts';

const CALL = { name: 'a__whoami' };
const OPENS = { elicitation: { url: {} } };

it('after a login at a real authorization server, a client is notified of the tools and can call them', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using world = await startGateway({ a: remote(server) });
  const mcp = `${world.listener.url}/mcp`;
  expect(world.manager.countByState().get('needs-login')).toBe(1);
  const session = await openSession(mcp, OPENS);
  await using standing = await openStream(mcp, { headers: { ...session.headers, accept: 'text/event-stream' } });
  expect((await session.call('tools/list')).result.tools).toEqual([]);
  const { error } = await session.call('tools/call', CALL);
  expect(error).toMatchObject({ code: -32_042, message: expect.stringContaining(issuer.issuer) });
  const browser = new ScriptedBrowser();
  const done = await browser.follow(String(error.data?.loginUrl));
  expect([done.status, done.page]).toEqual([200, expect.stringContaining('Logged in to')]);
  await eventually('clients hear of the login and of the tools', () => {
    const heard = standing.messages.map(({ method }) => method);
    return heard.includes('notifications/elicitation/complete') && heard.includes('notifications/tools/list_changed');
  });
  expect((await session.call('tools/list')).result.tools).toEqual([expect.objectContaining({ name: 'a__whoami' })]);
  expect((await session.call('tools/call', CALL)).result).toMatchObject({ content: [{ text: 'you are in' }] });
});

it('the call of a modern client waits at the gateway until the user has logged in, and then succeeds', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  await using world = await startGateway({ a: remote(server) });
  const mcp = `${world.listener.url}/mcp`;
  const first = await postModern(mcp, 'tools/call', CALL, { capabilities: OPENS });
  const { requestState, inputRequests } = first.result as {
    requestState: string;
    inputRequests: Record<string, { params: { url: string } }>;
  };
  const inputResponses = { 'request-1': { action: 'accept' } };
  const retry = postModern(mcp, 'tools/call', { ...CALL, requestState, inputResponses }, { capabilities: OPENS });
  await new ScriptedBrowser().follow(inputRequests['request-1']?.params.url ?? '');
  expect((await retry).result).toMatchObject({ resultType: 'complete', content: [{ text: 'you are in' }] });
});

it('a call that needs more rights gets a new login URL, and succeeds after the second login', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer, toolScopes: { whoami: 'admin' } });
  await using world = await startGateway({ a: remote(server) });
  const mcp = `${world.listener.url}/mcp`;
  const first = await postLegacy(mcp, 'tools/call', CALL);
  await new ScriptedBrowser().follow(String(first.error.data?.loginUrl));
  await eventually('it is up', () => world.manager.facts('a') !== null);
  const second = await postLegacy(mcp, 'tools/call', CALL);
  expect(second.error.message).toContain('more rights');
  expect(second.error.data?.loginUrl).not.toBe(first.error.data?.loginUrl);
  await new ScriptedBrowser().follow(String(second.error.data?.loginUrl));
  expect((await postLegacy(mcp, 'tools/call', CALL)).result).toMatchObject({ content: [{ text: 'you are in' }] });
});

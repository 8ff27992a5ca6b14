import {
  discoverOAuthServerInfo,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { ProtectedMcpServer } from '../../helpers/logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../../helpers/logins/scripted-browser.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';

test('the official SDK can log in, refresh tokens and call tools on the test servers, which refuse an old refresh token', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  const refused = await fetch(server.url, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toContain('resource_metadata=');
  const { authorizationServerMetadata: metadata } = await discoverOAuthServerInfo(server.url);
  if (metadata === undefined) throw new Error('no metadata');
  const client = await registerClient(issuer.issuer, {
    metadata,
    clientMetadata: {
      client_name: 'test',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
  });
  const resource = new URL(server.url);
  const { authorizationUrl, codeVerifier } = await startAuthorization(issuer.issuer, {
    ...{ metadata, resource, clientInformation: client, redirectUrl: REDIRECT, scope: 'tools', state: 'of a test' },
  });
  const came = await new ScriptedBrowser().follow(authorizationUrl, { stopAt: REDIRECT });
  const parameters = new URL(came.url).searchParams;
  expect(parameters.get('state')).toBe('of a test');
  expect(parameters.get('iss')).toBe(issuer.issuer);
  const tokens = await exchangeAuthorization(issuer.issuer, {
    ...{ metadata, resource, codeVerifier, clientInformation: client, redirectUri: REDIRECT },
    authorizationCode: parameters.get('code') ?? '',
    iss: parameters.get('iss') ?? '',
  });
  const call = await fetch(server.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens.access_token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  });
  expect(call.status).toBe(200);
  await call.body?.cancel();
  const refresh = { metadata, resource, clientInformation: client, refreshToken: tokens.refresh_token ?? '' };
  const fresh = await refreshAuthorization(issuer.issuer, refresh);
  expect(fresh.refresh_token).not.toBe(tokens.refresh_token);
  await expect(refreshAuthorization(issuer.issuer, refresh)).rejects.toThrow();
  expect(issuer.tokenRequests.map(({ grantType, error }) => [grantType, error])).toEqual([
    ['authorization_code', null],
    ['refresh_token', null],
    ['refresh_token', 'invalid_grant'],
  ]);
});

import { describe, expect, it } from 'vitest';
import { maskServer } from '../../../src/main/masking/mask-server.ts';
import { hasMask, MASK } from '../../../src/main/masking/secret-mask.ts';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';

const program = (more: object): ServerInfo => ({ name: 'a', transport: 'stdio', command: 'npx', ...more });

describe('maskServer', () => {
  it('maskServer() masks the values of env and headers, but shows names and unexpanded variables', () => {
    const env = { API_KEY: 'hunter2', DEBUG: '1', EMPTY: '', ONLY: `\${TOKEN}`, FALLBACK: `\${TOKEN:-hunter3}` };
    const headers = { Authorization: 'Bearer hunter4', 'X-Key': `Bearer \${env:KEY}` };
    expect(maskServer(program({ env, headers }))).toEqual({
      ...program({}),
      env: { API_KEY: MASK, DEBUG: MASK, EMPTY: '', ONLY: `\${TOKEN}`, FALLBACK: MASK },
      headers: { Authorization: MASK, 'X-Key': `Bearer \${env:KEY}` },
    });
  });

  it.each([
    [
      ['--token=hunter2', '--port=80'],
      [`--token=${MASK}`, '--port=80'],
    ],
    [
      ['--api-key', 'hunter2', '--verbose'],
      ['--api-key', MASK, '--verbose'],
    ],
    [
      ['--password', `\${PASSWORD}`],
      ['--password', `\${PASSWORD}`],
    ],
    [
      ['run', '-i', '-e', 'GITHUB_TOKEN=hunter2', '-e', 'LEVEL=hunter2'],
      ['run', '-i', '-e', `GITHUB_TOKEN=${MASK}`, '-e', `LEVEL=${MASK}`],
    ],
    [
      ['-e', 'GITHUB_TOKEN', 'image'],
      ['-e', 'GITHUB_TOKEN', 'image'],
    ],
    [
      ['mcp-remote', 'https://a.example/mcp', '--header', 'X-Thing: hun ter2'],
      ['mcp-remote', 'https://a.example/mcp', '--header', `X-Thing: ${MASK}`],
    ],
    [
      ['-c', 'API_KEY=hunter2 exec server --token hunter3 --port 80'],
      ['-c', `API_KEY=${MASK} exec server --token ${MASK} --port 80`],
    ],
    [
      ['--config', '{"apiKey":"hunter2","mode":"fast"}'],
      ['--config', `{"apiKey":"${MASK}","mode":"fast"}`],
    ],
    [
      ['--db-url', 'Server=h;User Id=sa;Password=hunter2;'],
      ['--db-url', `Server=h;User Id=sa;Password=${MASK};`],
    ],
    [
      ['Server=h;Password="hun;ter=2";Pwd=hun ter 2;Port=1', 'TOKEN=hunter2;hunter3'],
      [`Server=h;Password=${MASK};Pwd=${MASK};Port=1`, `TOKEN=${MASK}`],
    ],
    [
      ['-c', "app --db 'Server=h;User Id=sa;Password=hunter2;x' --password 'hun ter 2' -u me:hunter2 -p hunter2"],
      ['-c', `app --db 'Server=h;User Id=sa;Password=${MASK}' --password ${MASK} -u me:${MASK} -p ${MASK}`],
    ],
    [
      ['-u', 'me:hunter2', '--user', 'me:hunter2', '-u', 'me', '-u', '1000:1000'],
      ['-u', `me:${MASK}`, '--user', `me:${MASK}`, '-u', 'me', '-u', '1000:1000'],
    ],
    [
      ['-p', 'hunter2', '-p', '8080:80', '-p', '127.0.0.1:80:80/tcp', '-p', '/data', '-p', './here', '-p', '@scope/x'],
      ['-p', MASK, '-p', '8080:80', '-p', '127.0.0.1:80:80/tcp', '-p', '/data', '-p', './here', '-p', '@scope/x'],
    ],
    [
      ['--password', '-hunter2', '--token', '--Hunter2', '--no-auth', '-v', '--token', '--port', '80'],
      ['--password', MASK, '--token', MASK, '--no-auth', '-v', '--token', '--port', '80'],
    ],
    [
      ['--apiKey', 'hunter2', '-token', 'hunter2', '--no-auth', '--apiKey', 'hunter2'],
      ['--apiKey', MASK, '-token', MASK, '--no-auth', MASK, MASK],
    ],
    [['--no-auth --apiKey hunter2 -p 80'], [`--no-auth ${MASK} ${MASK} -p 80`]],
    [
      ['--quiet --token hunter2 --password -hunter2 --no-auth -v'],
      [`--quiet --token ${MASK} --password ${MASK} --no-auth -v`],
    ],
    [['Authorization: Bearer hunter2'], [`Authorization: ${MASK}`]],
    [
      ['postgresql://me:hunter2@db.example:5432/app?sslmode=require'],
      [`postgresql://me:${MASK}@db.example:5432/app?sslmode=require`],
    ],
    [
      ['x', 'sk-ant-api03-abcdefghijkl', 'ghp_abcdefghijklmnopqrstuvwxyz012345'],
      ['x', MASK, MASK],
    ],
    [
      ['-y', '@modelcontextprotocol/server-filesystem@2026.8.31', '/Users/me/Desktop'],
      ['-y', '@modelcontextprotocol/server-filesystem@2026.8.31', '/Users/me/Desktop'],
    ],
    [
      ['mcp-server-everything-2026', 'a-rather-long-name-of-a-server'],
      ['mcp-server-everything-2026', 'a-rather-long-name-of-a-server'],
    ],
  ])('maskServer() masks the arguments %j', (args, masked) => {
    expect(maskServer(program({ args })).args).toEqual(masked);
  });

  it.each([
    ['https://me:hunter2@a.example/mcp', `https://me:${MASK}@a.example/mcp`],
    ['https://hunter2@a.example/mcp', `https://${MASK}@a.example/mcp`],
    [
      'https://a.example/mcp?api_key=hunter2&profile=fast&v=2',
      `https://a.example/mcp?api_key=${MASK}&profile=fast&v=2`,
    ],
    ['https://a.example/mcp?k=Hunter2abc', `https://a.example/mcp?k=${MASK}`],
    ['https://a.example/s/NTQ4MjE3OmFiY2RlZmdoaWpr/mcp', `https://a.example/s/${MASK}/mcp`],
    ['https://a.example/1b4e28ba-2fa1-11d2-883f-0016d3cca427/sse', `https://a.example/${MASK}/sse`],
    [`\${BASE}/mcp?key=\${KEY}`, `\${BASE}/mcp?key=\${KEY}`],
    [`https://a.example/\${PATH}/mcp`, `https://a.example/\${PATH}/mcp`],
  ])('maskServer() masks the endpoint %s', (endpoint, masked) => {
    expect(maskServer({ name: 'a', transport: 'http', endpoint }).endpoint).toBe(masked);
  });

  it('maskServer() shows public client ids and variable names, and masks the secrets of logins', () => {
    const remote = { name: 'a', transport: 'http', endpoint: 'https://a.example/mcp' } as const;
    const id = '3f6c1e2a9b7d4c58a1b2c3d4';
    const oauth = { clientId: id, clientSecret: 'hunter2', clientSecretEnv: 'LINEAR_SECRET', scopes: ['read'] };
    const auth = { CLIENT_ID: id, CLIENT_SECRET: 'hunter2' };
    const masked = maskServer({
      ...remote,
      oauth,
      auth,
      oauthClientSecret: 'hunter2',
      bearerTokenEnv: 'ghp_abcdefghijklmnop0123',
    });
    expect(masked).toEqual({
      ...remote,
      oauth: { ...oauth, clientSecret: MASK },
      auth: { CLIENT_ID: id, CLIENT_SECRET: MASK },
      oauthClientSecret: MASK,
      bearerTokenEnv: MASK,
    });
  });

  it('maskServer() masks an unknown member if its name looks like that of a secret', () => {
    const more = {
      'x-note': 'plain words',
      oauth: { clientId: 'abc', clientSecret: 'hunter2' },
      auth: { type: 'bearer', headerName: 'X-Key' },
      credentials: { user: 'hunter3', pin: 1234 },
      timeouts: { call: 5 },
    };
    const masked = maskServer(program(more));
    expect(masked).toEqual({
      ...program({}),
      ...more,
      oauth: { clientId: 'abc', clientSecret: MASK },
      credentials: { user: MASK, pin: MASK },
    });
    expect([hasMask(masked), hasMask(program(more))]).toEqual([true, false]);
  });
});

import { describe, expect, it } from 'vitest';
import { adHocServer } from '../../../../src/main/cli/targets/ad-hoc.ts';
import { cutProgram } from '../../../../src/main/cli/targets/program-words.ts';

const refused = expect.objectContaining({ code: 'OPTIONS_INVALID' });

describe('adHocServer', () => {
  it.each([
    ['https://mcp.example.com/mcp', 'mcp.example.com'],
    ['http://127.0.0.1:8080/a/mcp?x=1', '127.0.0.1-8080-a-mcp-x-1'],
  ])('adHocServer() names the server at %s after its host and path', (address, id) => {
    expect(adHocServer(address, {})).toEqual({ id, url: address, headers: {} });
  });

  it.each([
    [['npx', '-y', '@scope/name@1.2.3', '--flag'], 'name'],
    [['uvx', 'mcp-server-time'], 'mcp-server-time'],
    [['node', '/x/server-files/dist/index.js'], 'server-files'],
    [['./my-server.py'], 'my-server'],
    [['bash'], 'bash'],
  ])('adHocServer() names the stdio server %j after its package or script', (program, id) => {
    const server = adHocServer(undefined, { program });
    expect(server).toMatchObject({ id, program: { command: program[0], args: program.slice(1), cwd: null } });
  });

  it('adHocServer() reads headers from the command line and from environment variables', () => {
    process.env.AD_HOC_TOKEN = 'a token';
    const header = ['X-One: 1', `X-Two: <\${AD_HOC_TOKEN}>`];
    const { headers } = adHocServer('https://x.example/', { header, bearerEnv: 'AD_HOC_TOKEN' }) ?? {};
    expect(headers).toEqual({ 'X-One': '1', 'X-Two': '<a token>', Authorization: 'Bearer a token' });
    delete process.env.AD_HOC_TOKEN;
    expect(() => adHocServer('https://x.example/', { bearerEnv: 'AD_HOC_TOKEN' })).toThrow(refused);
  });

  it.each<[string | undefined, object]>([
    ['https://user:pass@x.example/', {}],
    ['https://', {}],
    ['https://x.example/', { program: ['x'] }],
    ['https://x.example/', { header: ['no colon'] }],
    ['https://x.example/', { header: ['Host: x'] }],
    ['https://x.example/', { header: ['X: a\nb'] }],
    [undefined, { bearerEnv: 'HOME' }],
    [undefined, { program: [] }],
  ])('adHocServer() rejects the URL %s with the options %j', (address, options) => {
    expect(() => adHocServer(address, options)).toThrow(refused);
  });

  it('adHocServer() returns null if there is neither a URL nor a command', () => {
    expect(adHocServer(undefined, {})).toBe(null);
  });
});

describe('cutProgram', () => {
  it.each<[readonly string[], readonly string[], readonly string[] | undefined]>([
    [
      ['call', 'x', '--json', '--', 'npx', '--', '-y'],
      ['call', 'x', '--json'],
      ['npx', '--', '-y'],
    ],
    [['tools', '--', 'diff'], ['tools'], ['diff']],
    [['tools', 'diff', '--', 'x'], ['tools', 'diff', '--', 'x'], undefined],
    [['config', 'claude', '--', '--x'], ['config', 'claude', '--', '--x'], undefined],
    [['call', 'x'], ['call', 'x'], undefined],
    [['tools', '--'], ['tools'], []],
  ])(
    'cutProgram() separates the server command after a double dash, if any, from the command line %j',
    (argv, words, program) => {
      expect(cutProgram(argv)).toEqual({ words, program });
    },
  );
});

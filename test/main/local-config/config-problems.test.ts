import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LocalConfig, parseLocalConfig } from '../../../src/main/local-config/local-config.ts';

const SECRET = 'a-secret-of-mine';
const env = { HOME: '/home/me', SECRET, BROKEN: `${SECRET}\nx: y`, NUL: `${SECRET}\0` };

const parse = (text: string): LocalConfig =>
  parseLocalConfig(text, { source: 'mcp.json', env, folder: '/work/project' });

describe('problem in a local config file', () => {
  it.each([
    ['mcpServers["x"]', { args: [] }, /needs a command .* or a url/],
    ['mcpServers["x"]', 'npx', /must be an object/],
    ['mcpServers["x"].type', { type: 'ws', url: 'https://a.example' }, /must be one of stdio, http/],
    ['mcpServers["x"].type', { type: 'toString', command: 'a' }, /must be one of/],
    ['mcpServers["x"].type', { type: 'http', command: 'a' }, /needs a url next to it/],
    ['mcpServers["x"].type', { type: 1, command: 'a' }, /must be a string/],
    ['mcpServers["x"].url', { command: 'a', url: 'https://a.example' }, /has a command next to it/],
    ['mcpServers["x"].command', { command: ' ' }, /must not be empty/],
    ['mcpServers["x"].command[1]', { command: ['npx', 1] }, /must be a string; put it in quotes/],
    ['mcpServers["x"].command', { command: 'npx -y', args: ['a'] }, /contains arguments: put them into args/],
    ['mcpServers["x"].command', { command: `a\0${SECRET}` }, /NUL/],
    ['mcpServers["x"].args', { command: 'a', args: SECRET }, /must be an array/],
    ['mcpServers["x"].args[1]', { command: 'a', args: ['--port', 80] }, /must be a string; put it in quotes/],
    ['mcpServers["x"].args[0]', { command: 'a', args: [`${SECRET}\0`] }, /NUL/],
    ['mcpServers["x"].args[0]', { command: 'a', args: [`\${NUL}`] }, /NUL/],
    [
      'mcpServers["x"].args[0]',
      { command: 'a', args: [`\${MISSING}`] },
      /needs the variable MISSING, which is not set/,
    ],
    ['mcpServers["x"].args[0]', { command: 'a', args: [`\${env:constructor}`] }, /variable constructor/],
    ['mcpServers["x"].args[0]', { command: 'a', args: [`\${A:-\${B}}`] }, /nests/],
    ['mcpServers["x"].args[0]', { command: 'a', args: [`\${config:a.b}`] }, /only VS Code knows/],
    ['mcpServers["x"].env', { command: 'a', env: [SECRET] }, /must be an object/],
    ['mcpServers["x"].env["K"]', { command: 'a', env: { K: `\${input:my-key}` } }, /input my-key, .* set a variable/],
    ['mcpServers["x"].env["K"]', { command: 'a', env: { K: { a: SECRET } } }, /must be a string/],
    ['mcpServers["x"].env["K"]', { command: 'a', env: { K: `\${NUL}` } }, /NUL/],
    ['mcpServers["x"].env["A=B"]', { command: 'a', env: { 'A=B': SECRET } }, /is not a valid variable name/],
    ['mcpServers["x"].cwd', { command: 'a', cwd: '' }, /must not be empty/],
    ['mcpServers["x"].url', { url: `ftp://a.example/${SECRET}` }, /must be an http or https URL/],
    ['mcpServers["x"].url', { url: `https://user:${SECRET}@a.example` }, /without credentials/],
    ['mcpServers["x"].url', { url: `https://\${BROKEN}` }, /must be an http or https URL/],
    [
      'mcpServers["x"].headers["K"]',
      { url: 'https://a.example', headers: { K: `\${BROKEN}` } },
      /not allowed in a header/,
    ],
    ['mcpServers["x"].headers["K:"]', { url: 'https://a.example', headers: { 'K:': SECRET } }, /must be a header name/],
    ['mcpServers["x"].disabled', { command: 'a', disabled: 'yes' }, /must be true or false/],
    ['mcpServers["x"].era', { command: 'a', era: SECRET }, /is invalid/],
    ['mcpServers["x"].timeouts', { command: 'a', timeouts: { call: -1 } }, /is invalid/],
    ['mcpServers["x"].auth', { command: 'a', auth: { type: SECRET } }, /is invalid/],
  ])(
    'a problem at %s of a local config file excludes only the server with the problem: %j',
    (place, entry, message) => {
      const { servers, problems } = parse(JSON.stringify({ mcpServers: { x: entry, y: { command: 'b' } } }));
      expect(servers.map((server) => server.entry.id)).toEqual(['y']);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatchObject({ severity: 'error', place, message: expect.stringMatching(message) });
      expect(problems[0]?.message).toContain(place);
      expect(JSON.stringify(problems)).not.toContain(SECRET);
    },
  );

  it('the report of a problem in a local config file contains the line and the column of the problem', () => {
    const { problems } = parse(
      '{\n  "mcpServers": {\n    "x": {\n      "command": "a",\n      "args": ["b", 1]\n    }\n  }\n}',
    );
    expect(problems).toMatchObject([{ line: 5, column: 21 }]);
  });

  it.each([
    ['a server', '{"mcpServers":{"x":{"command":"a"},"x":{"command":"b"}}}', 'mcpServers["x"]', ['x']],
    ['a setting of a server', '{"mcpServers":{"x":{"command":"a","args":[],"args":[]}}}', 'mcpServers["x"].args', []],
    [
      'a variable',
      '{"mcpServers":{"x":{"command":"a","env":{"A":"1","\\u0041":"2"}}}}',
      'mcpServers["x"].env["A"]',
      [],
    ],
    ['the list of servers', '{"mcpServers":{"x":{"command":"a"}},"mcpServers":{}}', 'mcpServers', ['x']],
  ])('a name that a local config file defines twice is reported at its second position: %s', (_, text, place, ids) => {
    const { servers, problems } = parse(text);
    expect(servers.map(({ entry }) => entry.id)).toEqual(ids);
    expect(problems).toMatchObject([
      { severity: 'error', place, message: expect.stringContaining('is defined twice') },
    ]);
  });

  it('two servers of a local config file that would get the same id are reported at the second server', () => {
    const { servers, problems } = parse('{"mcpServers":{"My Server":{"command":"a"},"my-server":{"command":"b"}}}');
    expect(servers.map(({ command }) => command?.command)).toEqual(['a']);
    expect(problems[0]?.message).toContain('has the id my-server, which mcpServers["My Server"] already has');
  });

  it('the report of a problem in a local config file contains no terminal control characters', () => {
    const { problems } = parse(JSON.stringify({ mcpServers: { '\u001b[31m\u202e\u009b': { '\u2028\u0085': 1 } } }));
    expect(problems.length).toBeGreaterThan(0);
    for (const { message, place } of problems) expect(message + place).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
  });

  it.each([
    ['', 'mcp.json:1:1: it is not JSON'],
    ['{"mcpServers": {\n  "x": {"command": secret-word}\n}}', 'mcp.json:2:20: it is not JSON (invalid symbol)'],
    ['{"a": 1}', 'mcp.json:1:1: there are no servers in it; the known forms are { "mcpServers"'],
    ['[]', 'mcp.json:1:1: there are no servers'],
    ['{"mcpServers": []}', 'mcp.json:1:16: mcpServers must be an object'],
    [`{"mcpServers": {"x": ${'['.repeat(100_000)}`, 'mcp.json:1:84: it is nested deeper than 64 levels'],
  ])(
    'a local config file that cannot be parsed or lists no servers is rejected with CONFIG_INVALID (case %#)',
    (text, message) => {
      const attempt = (): LocalConfig => parse(text);
      expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(attempt).toThrow(message);
      expect(attempt).not.toThrow('secret-word');
    },
  );
});

describe('any local config file', () => {
  const member = fc.constantFrom(
    'command',
    'args',
    'env',
    'url',
    'headers',
    'type',
    'cwd',
    'auth',
    'disabled',
    '__proto__',
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('stdio', 'http', 'https://a.example', `\${SECRET}`, `\${A}`, '~/a'),
  );
  const entry = fc.dictionary(member, value);
  const file = fc.record({ mcpServers: fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(entry, fc.jsonValue())) });

  const outcomeOf = (text: string): LocalConfig | null => {
    try {
      return parse(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      return null;
    }
  };

  it('any local config file yields servers with unique, valid ids', () => {
    fc.assert(
      fc.property(file, (document) => {
        const { servers, problems } = parse(JSON.stringify(document));
        const ids = servers.map((server) => server.entry.id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
        expect(JSON.stringify(problems)).not.toContain(SECRET);
      }),
      { numRuns: 300 },
    );
  });

  it('a local config file with any text deleted or inserted is either parsed or rejected with CONFIG_INVALID', () => {
    const text = JSON.stringify(
      { mcpServers: { x: { command: 'a', args: ['b'], env: { C: `\${SECRET}` } } } },
      null,
      1,
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(5), fc.string({ unit: 'binary' }), (at, cut, added) => {
        outcomeOf(text.slice(0, at) + added + text.slice(at + cut));
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (any) => void outcomeOf(any)));
  });
});

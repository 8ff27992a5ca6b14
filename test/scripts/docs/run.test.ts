import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument, TESTED_ELSEWHERE, treatmentOf } from '../../../scripts/docs/run/languages.ts';
import { commandsOf } from '../../../scripts/docs/run/run-shell.ts';
import { programSetup, setupFiles, shellSetup } from '../../../scripts/docs/world/setups.ts';
import { type Places, substitute } from '../../../scripts/docs/world/substitutions.ts';

const places: Places = {
  project: '/world/project',
  port: 4_001,
  connectorPort: 4_002,
  address: async (server) => (server === 'redis' ? 'redis://127.0.0.1:6' : `http://127.0.0.1:5/${server}`),
};

describe('commandsOf', () => {
  it('commandsOf() returns a shell block without prompts unchanged', () => {
    expect(commandsOf('one\ntwo # a remark')).toBe('one\ntwo # a remark');
  });

  it('commandsOf() keeps the lines after a prompt with their continuations, and replaces output by empty lines', () => {
    expect(commandsOf('$ one \\\n  --more\noutput\n$ two')).toBe('one \\\n  --more\n\ntwo');
  });

  it('commandsOf() removes a final & only from a command that starts a gateway', () => {
    expect(commandsOf('npx mcp-switchyard serve --port 1 & # listens')).toBe(
      'npx mcp-switchyard serve --port 1  # listens',
    );
    expect(commandsOf('mcp-switchyard serve --stdio && echo ended')).toBe('mcp-switchyard serve --stdio && echo ended');
    expect(commandsOf('sleep 1 &')).toBe('sleep 1 &');
  });

  it.skipIf(process.platform === 'win32').each([
    ['(exit 1)', 0],
    ['(exit 2)', 1],
    ['true', 1],
  ])('a shell block with the remark "exits 1" after the command %s ends with the exit code %d', (command, code) => {
    const script = `set -e\n${commandsOf(`${command}  # exits 1 if it differs`)}`;
    expect(spawnSync('bash', ['-c', script]).status).toBe(code);
  });
});

describe('substitute', () => {
  it.each([
    ['https://maps.example.com/v1/map', 'http://127.0.0.1:5/maps/v1/map'],
    ['"https://mcp.linear.app/mcp"', '"http://127.0.0.1:5/linear"'],
    ['rediss://fetcher@redis.example.com/2', 'redis://fetcher@127.0.0.1:6/2'],
    ['curl http://127.0.0.1:3737/healthz', 'curl http://127.0.0.1:4001/healthz'],
    ['serve --port 8080', 'serve --port 4001'],
    ['PORT=3001 npx x', 'PORT=4002 npx x'],
    ["stateDir: '/var/lib/host'", "stateDir: '/world/project/var/lib/host'"],
    ['export A_KEY=… B_KEY=…', 'export A_KEY="$A_KEY" B_KEY="$B_KEY"'],
    ['cd ./data && ls a/data', 'cd ./data && ls a/data'],
  ])('substitute() replaces %s by %s', async (printed, means) => {
    expect(await substitute(printed, places)).toBe(means);
  });
});

describe('parseDocument', () => {
  it.each([
    ['json', '{ "a": 1 }', '{ a: 1 }'],
    ['jsonc', '{ /* a */ "a": 1, }', '{ "a": }'],
    ['yaml', 'a: 1\n---\nb: 2', 'a: [1'],
    ['toml', 'a = 1', 'a = '],
  ])('parseDocument() accepts valid %s, and rejects an invalid document', (language, good, bad) => {
    expect(() => parseDocument(language, good)).not.toThrow();
    expect(() => parseDocument(language, bad)).toThrow();
  });
});

describe('treatmentOf', () => {
  it('treatmentOf() returns how a code block is tested, or null for a block without a language', () => {
    expect([treatmentOf(''), treatmentOf('sh'), treatmentOf('mermaid')]).toEqual([null, 'shell', 'read']);
  });

  it('every test file to which the table of code block treatments refers exists', () => {
    expect(Object.values(TESTED_ELSEWHERE).filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('setups', () => {
  it('a setup name in a page selects files, commands and code, and an unknown name is rejected', () => {
    expect(Object.keys(setupFiles('logins'))).toEqual(['.mcp.json']);
    expect(shellSetup('map')).toContain('CONNECTORS_SERVICE_MAP_URL');
    expect(programSetup('manager')[0]).toContain('const manager');
    expect(programSetup(null)).toEqual(['', '']);
    expect(() => shellSetup('none')).toThrow(/There is no setup "none"/);
  });
});

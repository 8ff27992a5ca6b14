import { writeFileSync } from 'node:fs';
import type { DocumentCase } from './document-case.ts';

const MISUSE = { code: 2, error: 'OPTIONS_INVALID', members: [] } as const;

/** Options for a fleet whose server cannot be reached. */
const AWAY = ['--fleet', 'redis://127.0.0.1:1', '--fleet-id', 'tests', '--fleet-secret-env', 'FLEET_SECRET'];
const FLEET_ENV = { env: { FLEET_SECRET: 'a secret of a fleet, with at least 32 characters' } };

const KEY_DOCUMENT = [
  ...['version', 'path', 'isComplete', 'missing', 'expiresAt', 'threshold', 'keys', 'revoked', 'signedBy'],
];

type At = (name: string) => string;
const registry = (at: At, name = 'registry'): string[] => ['--registry-path', at(`${name}/servers.json`)];
const newKey = (at: At, name: string, file = name): string[] => [
  ...['keys', 'new', '--kid', name, '--out', at(`${name}.jwk`), '--public', at(`${file}.json`)],
];
const documents = (at: At, name: string): string[] => ['--documents', at(`${name}.{version}.json`)];

/** Test cases for commands that work with files: maps, keys, the registry, the state folder, configurations. */
export const FILE_CASES: readonly DocumentCase[] = [
  {
    ...{ command: 'sign', code: 0, members: ['signature', 'signatures', 'connectorCount', 'expiresAt', 'out'] },
    args: ({ at }) => [at('map.json'), '--stamp', '--out', at('signed.json')],
  },
  { command: 'sign', ...MISUSE, args: ({ at }) => [at('map.json'), '--add', '--stamp'] },
  { command: 'verify', code: 0, members: ['checks', 'signatures'], args: ({ at }) => [at('signed.json')] },
  {
    ...{ command: 'verify', code: 1, error: 'MAP_SIGNATURE_MISMATCH', members: ['checks', 'signatures'] },
    ...{ args: ({ at }) => [at('signed.json')], options: { env: { CONNECTORS_SIGNATURE_KEY: 'another key' } } },
  },
  { command: 'discover', code: 0, members: ['files'] },
  { command: 'discover', ...MISUSE, args: () => ['what'] },
  { command: 'config', code: 0, members: ['client', 'files', 'command', 'snippet'], args: () => ['claude'] },
  {
    ...{ command: 'config', code: 0, members: ['client', 'file', 'change', 'snippet'] },
    args: ({ at }) => ['gemini', '--into', at('gemini.json')],
  },
  { command: 'config', ...MISUSE, args: () => ['claud'] },
  {
    ...{ command: 'keys new', code: 0, members: ['kid', 'alg', 'thumbprint', 'expiresAt', 'out', 'public'] },
    args: ({ at }) => ['--out', at('k.jwk'), '--public', at('k.json')],
  },
  { command: 'keys new', ...MISUSE, args: ({ at }) => ['--out', '-', '--public', at('k.json')] },
  { command: 'keys list', code: 0, members: ['documents', 'keys'], args: ({ at }) => [at('k.json')] },
  { command: 'keys list', ...MISUSE, args: ({ at }) => [at('none.json')] },
  {
    ...{ command: 'keys rotate', code: 0, members: KEY_DOCUMENT },
    before: ({ at }) => [newKey(at, 'a'), newKey(at, 'b')],
    args: ({ at }) => [...documents(at, 'docs'), '--keys', at('a.json'), '--key', at('a.jwk')],
  },
  { command: 'keys rotate', ...MISUSE, args: ({ at }) => [...documents(at, 'docs'), '--key', at('none.jwk')] },
  {
    ...{ command: 'keys list', code: 1, error: 'KEYS_UNTRUSTED', members: ['documents', 'keys'] },
    args: ({ at }) => [at('docs.{version}.json'), '--keys', at('b.json')],
  },
  {
    ...{ command: 'keys revoke', code: 0, members: KEY_DOCUMENT },
    args: ({ at }) => [
      ...['a', ...documents(at, 'docs'), '--roots', 'b', '--keys', at('b.json')],
      ...['--key', at('a.jwk'), '--key', at('b.jwk')],
    ],
  },
  { command: 'keys revoke', ...MISUSE, args: ({ at }) => ['none', ...documents(at, 'docs'), '--key', at('b.jwk')] },
  {
    ...{ command: 'keys sign-document', code: 0, members: KEY_DOCUMENT },
    before: ({ at }) => [
      newKey(at, 'c', 'both'),
      newKey(at, 'd', 'both'),
      [
        ...['keys', 'rotate', ...documents(at, 'two'), '--keys', at('both.json'), '--threshold', '2'],
        ...['--key', at('c.jwk'), '--partial'],
      ],
    ],
    args: ({ at }) => [...documents(at, 'two'), '--keys', at('both.json'), '--key', at('d.jwk')],
  },
  { command: 'keys sign-document', ...MISUSE, args: ({ at }) => [...documents(at, 'none'), '--key', at('d.jwk')] },
  {
    ...{ command: 'registry add', code: 0, members: ['path', 'outcome', 'server', 'remarks'] },
    args: ({ at }) => ['files', ...registry(at), '--', 'node', 'server.js'],
  },
  {
    ...{ command: 'registry add', code: 1, error: 'SERVER_EXISTS', members: [] },
    args: ({ at }) => ['files', ...registry(at), '--', 'node', 'other.js'],
  },
  { command: 'registry list', code: 0, members: ['path', 'servers'], args: ({ at }) => registry(at) },
  { command: 'registry list', ...MISUSE, args: ({ at }) => ['--registry-path', at('.')] },
  {
    ...{ command: 'registry show', code: 0, members: ['path', 'server', 'remarks'] },
    args: ({ at }) => ['files', ...registry(at)],
  },
  {
    ...{ command: 'registry show', code: 1, error: 'SERVER_UNKNOWN', members: [] },
    args: ({ at }) => ['none', ...registry(at)],
  },
  {
    ...{ command: 'registry export', code: 0, members: ['path', 'format', 'leftOut', 'isMasked', 'document'] },
    args: ({ at }) => registry(at),
  },
  {
    ...{ command: 'registry export', code: 0, members: ['path', 'format', 'leftOut', 'isMasked', 'file'] },
    args: ({ at }) => [at('exported.json'), ...registry(at)],
  },
  { command: 'registry export', ...MISUSE, args: ({ at }) => [at('exported.json'), ...registry(at)] },
  {
    ...{ command: 'registry import', code: 0, members: ['path', 'isDryRun', 'results'] },
    args: ({ at }) => [at('exported.json'), ...registry(at)],
  },
  {
    ...{ command: 'registry import', code: 1, error: 'SERVER_EXISTS', members: ['path', 'isDryRun', 'results'] },
    change: ({ at }) => writeFileSync(at('other.json'), '{"mcpServers":{"files":{"command":"other"}}}'),
    args: ({ at }) => [at('other.json'), ...registry(at)],
  },
  { command: 'registry path', code: 0, members: ['path', 'store', 'isThere', 'isStoreThere'] },
  { command: 'registry path', ...MISUSE, args: ({ at }) => ['--registry-path', at('.')] },
  { command: 'registry verify', code: 0, members: ['path', 'store', 'findings'], args: ({ at }) => registry(at) },
  {
    ...{ command: 'registry verify', code: 1, error: 'CHECK_FAILED', members: ['path', 'store', 'findings'] },
    before: ({ at }) => [['registry', 'add', 'files', ...registry(at, 'broken'), '--', 'node']],
    change: ({ at }) => writeFileSync(at('broken/servers.json'), '{"servers":'),
    args: ({ at }) => registry(at, 'broken'),
  },
  {
    ...{ command: 'registry repair', code: 0, members: ['path', 'mended', 'lost', 'left', 'backups'] },
    args: ({ at }) => registry(at, 'broken'),
  },
  { command: 'registry repair', ...MISUSE, args: ({ at }) => ['--registry-path', at('.')] },
  {
    ...{ command: 'registry remove', code: 0, members: ['path', 'removed', 'failures'] },
    args: ({ at }) => ['files', ...registry(at)],
  },
  {
    ...{ command: 'registry remove', code: 1, error: 'SERVER_UNKNOWN', members: ['path', 'removed', 'failures'] },
    args: ({ at }) => ['files', ...registry(at)],
  },
  {
    ...{ command: 'state show', code: 0, members: ['sources'] },
    before: ({ up, at }) => [['sync', '--state-dir', at('state'), ...up]],
    args: ({ at }) => ['--state-dir', at('state')],
  },
  { command: 'state show', ...MISUSE, args: ({ at }) => ['--state-dir', at('none')] },
  {
    ...{ command: 'state reset-floor', code: 0, members: ['key', 'floor', 'wasReset'] },
    args: ({ at, mapUrl }) => ['--yes', '--source', mapUrl, '--state-dir', at('state')],
  },
  { command: 'state reset-floor', ...MISUSE, args: ({ at }) => ['--source', 'none', '--state-dir', at('state')] },
  { command: 'fleet status', code: 1, error: 'FLEET_UNAVAILABLE', members: [], args: () => AWAY, options: FLEET_ENV },
  { command: 'fleet hosts', code: 1, error: 'FLEET_UNAVAILABLE', members: [], args: () => AWAY, options: FLEET_ENV },
  {
    ...{ command: 'fleet check', code: 1, error: 'CHECK_FAILED', members: ['findings'] },
    ...{ args: () => AWAY, options: FLEET_ENV },
  },
  { command: 'serve', ...MISUSE, args: () => ['--separator', '!'] },
  { command: 'bench', ...MISUSE, args: () => ['--out', '/nowhere/at/all/report.html'] },
  { command: 'demo', ...MISUSE, args: () => ['what'] },
];

import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as z from 'zod';
import { checkBook } from '../../../src/main/cli/discovery/trust-book.ts';
import { OWN_MEMBERS } from '../../../src/main/local-config/entry/known-members.ts';
import { checkLimits, checkLocal, checkRemote } from '../../../src/main/options/option-checks.ts';
import { strictObject } from '../../../src/shared/validation/objects.ts';
import { expectAgreement, variantsOf } from '../../helpers/against-zod.ts';
import { OWN_MEMBERS as OWN_SCHEMAS } from '../../helpers/zod-oracles/known-members.ts';
import { limitsSchema, localSchema, optionsSchema } from '../../helpers/zod-oracles/options.ts';
import { bookSchema } from '../../helpers/zod-oracles/trust-book.ts';

const callable = (): null => null;
const trust = {
  signatureKey: ['k', callable],
  signatureKeys: { keys: [] },
  threshold: 2,
  accept: 'both',
  mapId: 'm',
  keyDocuments: 'https://keys.test/{version}',
  minVersion: 3,
  maxStaleMs: null,
};
const source = { id: 'a', url: 'http://maps.test/', ...trust, apiKey: 'x', timeoutMs: 5, maxConnectors: 7 };
const fleet = { url: 'redis://127.0.0.1/', id: 'f', secrets: ['s'.repeat(32)], role: 'reader', quotas: true, tls: {} };

const small = { serviceMapUrl: 'http://maps.test/', signatureKey: 'k' };
const full = {
  serviceMapUrl: 'https://maps.test/v1',
  ...trust,
  sources: [source, { ...source, id: 'b' }],
  configFile: ['a.json'],
  configDigests: { 'a.json': 'x' },
  serverRegistry: { path: '/x' },
  connectorsApiKey: callable,
  apiKey: 'x',
  registry: { registerTool: callable },
  logger: console,
  fetchImpl: fetch,
  agent: { dispatch: callable },
  tls: { ca: ['PEM', new Uint8Array(1)], cert: 'PEM', key: new Uint8Array(1), passphrase: 'p', servername: 's' },
  proxy: { http: 'http://p/', https: 'http://p/', noProxy: '' },
  now: Date.now,
  clock: { now: callable },
  random: { next: callable },
  createProxy: callable,
  host: { capabilities: { sampling: {} }, answer: callable },
  concurrency: 3,
  allowPrivateEndpoints: false,
  stateDir: '/s',
  pinTools: 'quarantine',
  notifications: true,
  offload: 'never',
  featureFlags: { asyncRefresh: true, refreshIntervalMs: 5 },
  connect: 'on-demand',
  clientMetadataUrl: 'https://tools.example/client.json',
  allowEnv: ['A'],
  fleet,
  note: 'left out',
};
const limits = { timeoutMs: 1, programStarts: null, maxTools: 5, maxClockSkewMs: 0, note: 'left out' };
const others = [
  { configFile: 'x' },
  { serverRegistry: true, proxy: 'http://p/', tls: { ca: 'PEM' } },
  { serverRegistry: {}, proxy: false },
];
const own = {
  description: 'x',
  era: 'auto',
  timeouts: { call: 5 },
  quotas: { perMinute: -1 },
  scopes: ['a'],
  tags: [],
  tools: { allow: ['a'], deny: ['b'] },
  auth: { type: 'apiKey', headerName: 'X-Key', note: 1 },
};

describe.each([
  ['options with a map', 'host', checkRemote, optionsSchema, [small, full]],
  ['options without a map', 'host', checkLocal, localSchema, others],
  ['limits', 'host', checkLimits, limitsSchema, [limits]],
  ['members of a config file entry', 'json', strictObject(OWN_MEMBERS), z.strictObject(OWN_SCHEMAS), [own]],
  ['the trust book', 'json', checkBook, bookSchema, [{ version: 1, files: { '/a': 'x', '/b': 'y' } }]],
] as const)('check for %s', (what, of, check, schema, samples) => {
  it(`the check for ${what} gives the same verdict, path to the first fault and output as the zod schema`, () => {
    fc.assert(
      fc.property(variantsOf(...samples), (value) => expectAgreement(check, schema, value, of)),
      { numRuns: 3_000 },
    );
  });
});

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { checkEntryShape, checkMapShape } from '../../../src/shared/map/service-map.ts';
import { checkServerShape } from '../../../src/shared/servers/server-info.ts';
import { checkPayload } from '../../../src/shared/signatures/key-document.ts';
import { expectAgreement, variantsOf } from '../../helpers/against-zod.ts';
import { entry, mapOf } from '../../helpers/signed-map.ts';
import { payloadSchema } from '../../helpers/zod-oracles/key-document.ts';
import { serverSchema } from '../../helpers/zod-oracles/server-info.ts';
import { entrySchema, mapSchema } from '../../helpers/zod-oracles/service-map.ts';

const fullEntry = entry('a', {
  description: 'An entry with every member',
  displayName: 'A',
  enabled: true,
  ttlSeconds: 60,
  auth: { type: 'apiKey', headerName: 'X-Key', note: 1 },
  headers: { 'X-Tenant': 'a', accept: 'text/plain' },
  quotas: { perMinute: 10 },
  timeouts: { connect: 5, call: 0.5 },
  metadata: { owner: { team: 'x' } },
  tags: ['a', 'b'],
  remoteTools: [
    { name: 'pay', description: 'Pays', tags: ['x'], scopes: [] },
    { name: 'see', extra: {} },
  ],
  era: 'modern',
  toolDigests: { pay: `sha-256:${'A'.repeat(43)}` },
  transport: 'sse',
  note: { kept: [null] },
});

const server = {
  name: 'a',
  transport: 'stdio',
  command: 'node',
  args: ['a.js'],
  env: { A: '1' },
  endpoint: 'http://127.0.0.1:9/',
  headers: { a: 'b' },
  note: [1],
};

const payload = {
  version: 1,
  expires: '2026-11-22T12:00:00+01:00',
  keys: { keys: [{ kty: 'OKP' }] },
  roots: ['a', 'b'],
  threshold: 2,
  revoked: ['A'.repeat(43)],
  note: 'left out',
};

describe.each([
  ['a map entry', checkEntryShape, entrySchema, [entry('a'), fullEntry]],
  ['a map', checkMapShape, mapSchema, [mapOf([entry('a')], { metadata: { a: 1 }, signature: 'x' })]],
  ['a registry server', checkServerShape, serverSchema, [server]],
  ['a key document payload', checkPayload, payloadSchema, [payload]],
] as const)('check for %s', (_, check, schema, samples) => {
  it('the check for a %s agrees with the zod schema on the verdict, the path to the first fault and the output', () => {
    fc.assert(
      fc.property(variantsOf(...samples), (value) => expectAgreement(check, schema, value, 'json')),
      { numRuns: 3_000 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { systemModel } from '../../../../../src/main/gateway/status-page/model/system-model.ts';
import type { ManagerStatus } from '../../../../../src/main/index.ts';
import { NO_MAP } from '../../../../../src/main/service-map/service-map-status.ts';
import { listed, statusWith } from '../../../../helpers/scripted-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

const verdict = (status: ManagerStatus) => systemModel(status, NOW).verdict;
const FILE = {
  path: '/etc/mcp.json',
  files: [],
  servers: [],
  serverCount: 1,
  problems: [],
  lastError: null,
  readAt: NOW,
};
const DAY_MS = 24 * 3_600_000;
const SIGNER = { kid: 'k', alg: 'EdDSA', thumbprint: 'thumbprint-of-k', expiresAt: NOW, keyExpiresAt: null } as const;
const NO_READ = { code: 'CONFIG_INVALID', message: 'line 3' };

function withMap(more: Partial<ManagerStatus['serviceMap']>): ManagerStatus {
  const status = statusWith([listed('a')]);
  return { ...status, serviceMaps: [{ ...status.serviceMap, ...more }] };
}

describe('system verdict', () => {
  it('the status page reports no problem if nothing is wrong, and ignores disabled connectors', () => {
    expect(verdict(statusWith([listed('a'), listed('b', 'disabled')]))).toEqual({
      aspect: 'clear',
      headline: 'All clear',
      reasons: [],
    });
    expect(verdict(statusWith([])).headline).toBe('No connectors');
  });

  it('the status page lists the worst problem first', () => {
    const connectors = [
      listed('a', 'degraded'),
      listed('b', 'backing-off'),
      listed('c', 'failed'),
      listed('d', 'failed'),
    ];
    expect(verdict(statusWith(connectors))).toEqual({
      aspect: 'stop',
      headline: '2 connectors failed',
      reasons: ['1 connector down, retrying', '1 connector degraded'],
    });
  });

  it.each([
    ['a map that is stale', withMap({ freshness: 'stale' }), 'caution', 'The map from default is stale'],
    ['a map that was never loaded', withMap({ freshness: 'none' }), 'stop', 'No service map from default'],
    [
      'connectors that need a login',
      statusWith([listed('a', 'needs-login')]),
      'caution',
      '1 connector waiting for a login',
    ],
    [
      'connectors that are still connecting',
      statusWith([listed('a', 'connecting')]),
      'caution',
      '1 connector coming up',
    ],
    ['a manager that is closed', statusWith([], { isClosed: true }), 'stop', 'The manager is closed'],
    [
      'a file that was never read',
      statusWith([], { config: { ...FILE, readAt: null, lastError: NO_READ } }),
      'stop',
      'The configuration cannot be read',
    ],
    [
      'a registry that can no longer be read',
      statusWith([], { registry: { ...FILE, lastError: NO_READ } }),
      'caution',
      'The registry cannot be read again',
    ],
    [
      'a map that was dropped',
      withMap({ freshness: 'none', dropped: { code: 'MAP_TOO_STALE', at: NOW } }),
      'stop',
      'The map from default was dropped (MAP_TOO_STALE)',
    ],
    [
      'a map signed by an HMAC alone, though public keys are configured',
      withMap({ accept: 'either', signedBy: { hmacKey: 0, signatures: [] } }),
      'caution',
      'The map from default is signed by its HMAC alone',
    ],
    [
      'newer key documents that cannot be loaded',
      withMap({ keys: { ...NO_MAP.keys, lastError: { code: 'KEYS_UNTRUSTED', message: 'no', at: NOW } } }),
      'caution',
      'Newer keys of default cannot be loaded',
    ],
    [
      'a key document that expires within a week',
      withMap({ keys: { ...NO_MAP.keys, version: 2, expiresAt: NOW + 6 * DAY_MS } }),
      'caution',
      'Keys of default expire within a week',
    ],
    [
      'a key that expires within a week',
      withMap({ signedBy: { hmacKey: null, signatures: [{ ...SIGNER, keyExpiresAt: NOW + DAY_MS }] } }),
      'caution',
      'Keys of default expire within a week',
    ],
    [
      'no problem for keys that are valid for 30 days',
      withMap({ signedBy: { hmacKey: null, signatures: [{ ...SIGNER, keyExpiresAt: NOW + 30 * DAY_MS }] } }),
      'clear',
      'All clear',
    ],
    [
      'a store that failed',
      statusWith([], { store: { kind: 'failed', stateDir: '/s', code: 'STORE_UNAVAILABLE', message: 'full' } }),
      'caution',
      'The store failed, so nothing survives a restart',
    ],
  ])('the status page reports %s', (_, status, aspect, headline) => {
    expect(verdict(status)).toMatchObject({ aspect, headline });
  });

  it('the status page reports quarantined tools, but not tools that merely differ from their pins', () => {
    const tool = { name: 'a.x', connectorId: 'a', members: [], pinnedSha256: '', sha256: '', pinnedAt: 1 };
    const changedTools = [
      { ...tool, isQuarantined: true },
      { ...tool, isQuarantined: false },
    ];
    const model = systemModel(statusWith([listed('a')], { changedTools }), NOW);
    expect([model.changedTools, model.heldTools]).toEqual([2, 1]);
    expect(model.verdict.headline).toBe('1 tool held back until approved');
  });
});

describe('status page maps', () => {
  it('the status page shows no maps if the manager has none', () => {
    expect(systemModel(statusWith([], { serviceMaps: [NO_MAP] }), NOW).maps).toEqual([]);
  });

  it('the status page shows an accepted map as verified, and says why a map is stale', () => {
    const lastError = { code: 'MAP_SIGNATURE_INVALID', message: 'The signature does not fit', at: NOW };
    expect(systemModel(withMap({ freshness: 'stale', lastError }), NOW).maps).toMatchObject([
      { signature: 'verified', freshness: 'stale', lastError },
    ]);
    expect(systemModel(withMap({ generatedAt: null }), NOW).maps).toMatchObject([{ signature: 'none' }]);
  });
});

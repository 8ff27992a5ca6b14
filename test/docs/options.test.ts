import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseConnectorFeatureFlags } from '../../src/main/options/feature-flags.ts';
import { KNOWN_OPTIONS } from '../../src/main/options/option-checks.ts';
import { resolveOptions } from '../../src/main/options/options.ts';
import { readTableRows } from '../helpers/docs/table-rows.ts';

const PAGE = readFileSync('docs/options.md', 'utf8');
const [OPTIONS = '', VARIABLES = ''] = PAGE.split('## Environment variables');

/** Documented options: name, type, default, meaning. */
const ROWS = readTableRows(OPTIONS).filter(([name]) => name !== 'option');

const RESOLVED = resolveOptions({ configFile: 'servers.json' });

/** Returns the default that a table cell contains (a number or a word in backticks), or null for other text. */
function defaultOf(cell: string): string | number | null {
  const plain = cell.replaceAll(' ', '');
  if (/^\d+$/.test(plain)) return Number(plain);
  return /^`(\w+)`$/.exec(cell)?.[1] ?? null;
}

const DOCUMENTED = new Map(ROWS.map(([name = '', , value = '']) => [name.replaceAll('`', ''), defaultOf(value)]));

it('docs/options.md documents every option exactly once, and no unknown option', () => {
  expect(ROWS.map(([name = '']) => name.replaceAll('`', '')).toSorted()).toEqual([...KNOWN_OPTIONS].toSorted());
});

it.each(Object.entries(RESOLVED.limits))(
  'docs/options.md gives the same default for the limit %s as the code',
  (name, value) => {
    expect(DOCUMENTED.get(name)).toBe(value);
  },
);

it.each([
  ['pinTools', RESOLVED.pinTools],
  ['offload', RESOLVED.offload],
  ['connect', RESOLVED.connect],
  ['allowPrivateEndpoints', `${RESOLVED.allowPrivateEndpoints}`],
  ['notifications', `${RESOLVED.notifications}`],
])('docs/options.md gives the same default for the option %s as the code', (name, value) => {
  expect(DOCUMENTED.get(name)).toBe(value);
});

it('docs/options.md gives the same defaults for `threshold` and `maxStaleMs` as the code', () => {
  const { maps } = resolveOptions({ serviceMapUrl: 'https://maps.example.com/map', signatureKey: 'key' });
  expect(DOCUMENTED.get('threshold')).toBe(maps[0]?.trust.threshold);
  expect(DOCUMENTED.get('maxStaleMs')).toBe(`${maps[0]?.trust.maxStaleMs}`);
});

it('docs/options.md gives the same default interval of the background refresh as the code', () => {
  const row = readTableRows(VARIABLES).find(([name]) => name === '`MCP_CONNECTOR_REFRESH_INTERVAL_MS`');
  expect(defaultOf(row?.[1] ?? '')).toBe(parseConnectorFeatureFlags({}).refreshIntervalMs);
});

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

/** The default in a cell: a number with or without spaces, or a word in backticks; null for anything else. */
function defaultOf(cell: string): string | number | null {
  const plain = cell.replaceAll(' ', '');
  if (/^\d+$/.test(plain)) return Number(plain);
  return /^`(\w+)`$/.exec(cell)?.[1] ?? null;
}

const DOCUMENTED = new Map(ROWS.map(([name = '', , value = '']) => [name.replaceAll('`', ''), defaultOf(value)]));

it('documents every option once, and no other', () => {
  expect(ROWS.map(([name = '']) => name.replaceAll('`', '')).toSorted()).toEqual([...KNOWN_OPTIONS].toSorted());
});

it.each(Object.entries(RESOLVED.limits))('documents the default of %s as the code has it', (name, value) => {
  expect(DOCUMENTED.get(name)).toBe(value);
});

it.each([
  ['pinTools', RESOLVED.pinTools],
  ['offload', RESOLVED.offload],
  ['connect', RESOLVED.connect],
  ['allowPrivateEndpoints', `${RESOLVED.allowPrivateEndpoints}`],
  ['notifications', `${RESOLVED.notifications}`],
])('documents the default of %s as the code has it', (name, value) => {
  expect(DOCUMENTED.get(name)).toBe(value);
});

it('documents the defaults of the trust options as the code has them', () => {
  const { maps } = resolveOptions({ serviceMapUrl: 'https://maps.example.com/map', signatureKey: 'key' });
  expect(DOCUMENTED.get('threshold')).toBe(maps[0]?.trust.threshold);
  expect(DOCUMENTED.get('maxStaleMs')).toBe(`${maps[0]?.trust.maxStaleMs}`);
});

it('documents the default interval of the background refresh as the code has it', () => {
  const row = readTableRows(VARIABLES).find(([name]) => name === '`MCP_CONNECTOR_REFRESH_INTERVAL_MS`');
  expect(defaultOf(row?.[1] ?? '')).toBe(parseConnectorFeatureFlags({}).refreshIntervalMs);
});

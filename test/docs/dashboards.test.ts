import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { InstrumentEntry } from '../../src/main/observability/instrument-entry.ts';
import { INSTRUMENTS } from '../../src/main/observability/instrument-table.ts';
import { getConnectorMetricsRegistry } from '../../src/main/observability/instruments.ts';
import { ERROR_CODES } from '../../src/shared/error-codes.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));
const read = (path: string): string => readFileSync(fileOf(path), 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels } = JSON.parse(read('dashboards/grafana.json')) as { readonly panels: readonly Panel[] };
const { groups } = parseYaml(read('dashboards/alerts.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const gates = [...read('rollout.md').matchAll(/```promql\n([^`]+)```/g)].map(([, expr = '']) => expr.trim());

/** Every PromQL expression of the dashboards, alerts and gates, with a description of where it is. */
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
  ...rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const),
  ...gates.map((expr) => ['docs/rollout.md', expr] as const),
];

/** Labels that Prometheus, the default labels of the registry, and histograms add to metrics. */
const COMMON = ['job', 'instance', 'le', 'brand', 'component'];

/** Returns every metric name in the output of a scrape, with the labels of the metric. */
async function knownMetrics(): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>();
  for (const { kind, name, labels } of Object.values(INSTRUMENTS) as InstrumentEntry[]) {
    const names = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name];
    for (const shown of names) known.set(shown, labels);
  }
  for (const { name } of await getConnectorMetricsRegistry().getMetricsAsJSON())
    if (/^(process|nodejs)_/.test(name)) known.set(name, []);
  return known;
}

/** Returns the metric names and labels in an expression, and whether the expression is valid PromQL. */
function partsOf(expr: string) {
  const parts = { metrics: [] as string[], labels: [] as string[], values: [] as string[], isValid: true };
  // Replaces a variable of Grafana, which is not valid PromQL.
  const text = expr.replaceAll('$__rate_interval', '5m');
  parser.parse(text).iterate({
    enter({ name, from, to, type }) {
      const here = text.slice(from, to);
      if (type.isError) parts.isValid = false;
      if (name === 'Identifier') parts.metrics.push(here);
      if (name === 'LabelName') parts.labels.push(here);
      if (name === 'StringLiteral') parts.values.push(here.slice(1, -1));
    },
  });
  return parts;
}

describe('dashboards', () => {
  it('the dashboard has panels, the alert file has rules, and docs/rollout.md has PromQL expressions', () => {
    expect([panels.length > 20, rules.length > 10, gates.length > 5]).toEqual([true, true, true]);
  });

  it.each(expressions)('%s: the expression %s uses only existing metrics, labels and error codes', async (_, expr) => {
    const known = await knownMetrics();
    const { metrics, labels, values, isValid } = partsOf(expr);
    expect(isValid).toBe(true);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !known.has(name))).toEqual([]);
    const allowed = new Set([...COMMON, ...metrics.flatMap((name) => known.get(name) ?? [])]);
    expect(labels.filter((label) => !allowed.has(label))).toEqual([]);
    const codes = values.flatMap((value) => value.match(/[A-Z]+_[A-Z_]+/g) ?? []);
    expect(codes.filter((code) => !Object.hasOwn(ERROR_CODES, code))).toEqual([]);
  });

  it('partsOf() finds the metrics and labels of a PromQL expression, and says whether the expression is valid', () => {
    expect(partsOf('sum by (nope) (rate(mcp_nope_total[5m])')).toMatchObject({
      metrics: ['mcp_nope_total'],
      labels: ['nope'],
      isValid: false,
    });
  });

  it('every metric except those with an old name is used in a dashboard, an alert or docs/rollout.md', () => {
    const shown = new Set(expressions.flatMap(([, expr]) => partsOf(expr).metrics));
    const names = (Object.values(INSTRUMENTS) as InstrumentEntry[]).map(({ name }) => name);
    const isShown = (name: string): boolean => ['', '_bucket', '_count', '_sum'].some((it) => shown.has(name + it));
    // A metric with an old name has the same values as the metric with the new name.
    expect(names.filter((name) => !isShown(name) && !name.startsWith('brainwav_'))).toEqual([]);
  });

  it('every dashboard panel has a unique id, a title and a description', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ title, description }) => title === '' || description === '')).toEqual([]);
  });

  it('every alert has a unique name, a known severity, a summary and a description', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(['info', 'warning', 'critical'], alert).toContain(labels.severity);
      expect(annotations.summary?.length, alert).toBeGreaterThan(10);
      expect(annotations.description?.length, alert).toBeGreaterThan(30);
    }
  });

  const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

  it.skipIf(!hasPromtool)(
    `promtool accepts the alert rules${hasPromtool ? '' : ' (skipped, because promtool is not on the PATH)'}`,
    () => {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', fileOf('dashboards/alerts.yml')], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`${rules.length} rules found`);
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { ConnectorIdentity } from '../../../src/main/connectors/connector-deps.ts';
import type { ConnectorState } from '../../../src/main/connectors/connector-state.ts';
import { reportListFailure, reportMap, reportTransition } from '../../../src/main/manager/report-changes.ts';
import { getConnectorMetricsRegistry, rememberConnector } from '../../../src/main/observability/instruments.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { counterOf } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';

const connector = (id: string, lastErrorCode: string | null = null): ConnectorIdentity => ({
  ...{ id, lastErrorCode },
  entry: normalizeEntry(entry(id) as RawEntry, 300),
});

const transition = (from: ConnectorState, to: ConnectorState) => ({ from, to, why: 'why', at: 1 });

async function isShownUp(id: string): Promise<number | undefined> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('brainwav_mcp_connector_proxy_up')?.get();
  return metric?.values.find(({ labels }) => labels.connector === id)?.value;
}

describe('reportTransition', () => {
  it('reportTransition() logs a failure as a warning with its code, and counts the failure', async () => {
    const logger = recordingLogger();
    reportTransition(logger, connector('t', 'CONNECTOR_TIMEOUT'), transition('connecting', 'backing-off'));
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { event: 'connector-state', connectorId: 't', code: 'CONNECTOR_TIMEOUT' } },
    ]);
    expect(await counterOf('mcp_connector_failures_total', { code: 'CONNECTOR_TIMEOUT' })).toBe(1);
  });

  it('reportTransition() logs a missing login as a warning with its code, and does not count it as a failure', async () => {
    const logger = recordingLogger();
    reportTransition(logger, connector('t', 'CONNECTOR_LOGIN_NEEDED'), transition('connecting', 'needs-login'));
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { event: 'connector-state', to: 'needs-login', code: 'CONNECTOR_LOGIN_NEEDED' } },
    ]);
    expect(await counterOf('mcp_connector_failures_total', { code: 'CONNECTOR_LOGIN_NEEDED' })).toBe(0);
    const transitions = { from: 'connecting', to: 'needs-login' };
    expect(await counterOf('mcp_connector_transitions_total', transitions)).toBe(1);
  });

  it('reportTransition() does not log the code of an earlier failure when a connector becomes ready', () => {
    const logger = recordingLogger();
    reportTransition(logger, connector('t', 'CONNECTOR_TIMEOUT'), transition('connecting', 'ready'));
    expect(logger.lines).toMatchObject([{ level: 'info', message: 'Connector t: ready (why)' }]);
    expect(logger.lines[0]?.fields).not.toHaveProperty('code');
  });

  it('reportTransition() sets the metric that shows a connector as up, and removes it when the connector closes', async () => {
    rememberConnector('up');
    const shown: (number | undefined)[] = [];
    for (const to of ['ready', 'backing-off', 'degraded', 'closing'] as const) {
      reportTransition(recordingLogger(), connector('up'), transition('connecting', to));
      shown.push(await isShownUp('up'));
    }
    expect(shown).toEqual([1, 0, 1, undefined]);
  });
});

describe('reportMap', () => {
  const accepted = { sourceId: 's', revision: 2, size: 9 };
  const delta = { added: ['a'], changed: ['b', 'c'], removed: [], unchangedCount: 6 };

  it('reportMap() logs how many connectors an accepted map adds, changes and removes', () => {
    const logger = recordingLogger();
    reportMap(logger, { ...accepted, delta, contests: [] });
    expect(logger.lines).toMatchObject([
      { level: 'info', fields: { event: 'map-accepted', connectors: 9, added: 1, changed: 2, removed: 0 } },
    ]);
  });

  it('reportMap() names at most eight contested connectors, each with the source that takes precedence', () => {
    const logger = recordingLogger();
    const contests = Array.from({ length: 10 }, (_, index) => ({ connectorId: `c${index}`, sourceIds: ['s', 'z'] }));
    reportMap(logger, { ...accepted, delta, contests });
    expect(logger.lines[1]).toMatchObject({ level: 'warn', fields: { event: 'connector-contested', connectors: 10 } });
    expect(logger.lines[1]?.message).toContain('c7 (s) and 2 more; the source in brackets wins');
  });
});

describe('reportListFailure', () => {
  it('reportListFailure() names the connector whose tools could not be read, and the reason', () => {
    const logger = recordingLogger();
    reportListFailure(logger, connector('t'), new SwitchyardError('CONNECTOR_TIMEOUT', 'too slow'));
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { event: 'tools-stale', code: 'CONNECTOR_TIMEOUT' } },
    ]);
    expect(logger.lines[0]?.message).toContain('too slow');
  });
});

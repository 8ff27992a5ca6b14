import { describe, expect, it } from 'vitest';
import type { DefinitionKind, DroppedDefinition, DropReason } from '../../../src/main/mcp/definitions/definition.ts';
import { getConnectorMetricsRegistry } from '../../../src/main/observability/instruments.ts';
import { DroppedDefinitions } from '../../../src/main/tools/dropped-definitions.ts';
import { recordingLogger } from '../../helpers/log.ts';

const drop = (name: string, reason: DropReason = 'name', kind: DefinitionKind = 'tool'): DroppedDefinition => ({
  ...{ kind, name, reason },
});

async function counted(kind: DefinitionKind, reason: DropReason): Promise<number> {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('mcp_connector_dropped_definitions_total')?.get();
  return metric?.values.find(({ labels }) => labels.kind === kind && labels.reason === reason)?.value ?? 0;
}

describe('DroppedDefinitions', () => {
  it('each dropped tool definition is counted once, however often its list is read', async () => {
    const dropped = new DroppedDefinitions(recordingLogger());
    const before = await counted('tool', 'too-deep');
    for (let reading = 0; reading < 3; reading += 1)
      dropped.replace('a', 'tool', [drop('x', 'too-deep'), drop('y', 'too-deep'), drop('(no name)', 'too-deep')]);
    expect((await counted('tool', 'too-deep')) - before).toBe(3);
    dropped.replace('a', 'tool', [drop('z', 'too-deep'), drop('(no name)', 'too-deep'), drop('(no name)', 'too-deep')]);
    expect((await counted('tool', 'too-deep')) - before).toBe(5);
  });

  it('each new reason to drop tool definitions is logged once, with the first names', () => {
    const logger = recordingLogger();
    const dropped = new DroppedDefinitions(logger);
    const many = Array.from({ length: 10 }, (_, index) => drop(`t${index}`));
    dropped.replace('a', 'tool', many);
    dropped.replace('a', 'tool', [...many, drop('new')]);
    dropped.replace('a', 'prompt', [drop('p', 'arguments', 'prompt')]);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'Connector a: left out tool t0, t1, t2, t3, t4, t5, t6, t7 and 2 more: it has no usable name or URI',
      'Connector a: left out prompt p: its arguments are invalid',
    ]);
  });

  it('the status counts dropped tool definitions, names the first hundred, and omits removed connectors', () => {
    const dropped = new DroppedDefinitions(recordingLogger());
    dropped.replace('a', 'tool', [drop('old')]);
    const many = Array.from({ length: 150 }, (_, index) => drop(`t${index}`));
    dropped.replace('a', 'tool', many);
    dropped.add('a', drop('p', 'too-large', 'prompt'));
    dropped.add('a', drop('p', 'too-large', 'prompt'));
    expect([dropped.of('a').count, dropped.of('a').named.length, dropped.of('b').count]).toEqual([151, 100, 0]);
    dropped.replace('a', 'tool', []);
    expect(dropped.of('a').named).toEqual([drop('p', 'too-large', 'prompt')]);
    dropped.forget('a');
    expect(dropped.of('a').count).toBe(0);
  });
});

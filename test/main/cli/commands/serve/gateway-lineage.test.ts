import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enterLineage } from '../../../../../src/main/cli/commands/serve/gateway-lineage.ts';
import type { SourceOptions } from '../../../../../src/main/cli/source-options.ts';
import { LINEAGE_VARIABLE, stdioEnvironment } from '../../../../../src/main/connectors/stdio/stdio-environment.ts';
import { TempDir } from '../../../../helpers/temp-dir.ts';

const serving = (more: Partial<SourceOptions>): SourceOptions => ({ registry: false, ...more }) as SourceOptions;

/** The environment of a program that a gateway starts which serves that. */
const started = (options: SourceOptions, environment: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  enterLineage(options, environment);
  return stdioEnvironment(environment, {});
};

describe('the lineage of a gateway', () => {
  it('refuses one that descends from a gateway of the same file, whichever way the file is named', () => {
    using folder = new TempDir();
    const [file, link] = [join(folder.path, 'mcp.json'), join(folder.path, 'link.json')];
    writeFileSync(file, '{}');
    symlinkSync(file, link);
    const environment = started(
      serving({ config: [join(folder.path, 'other.json')] }),
      started(serving({ config: [file] })),
    );
    expect(() => enterLineage(serving({ config: [link] }), environment)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_LOOP' }),
    );
  });

  it('refuses one of the same registry', () => {
    const environment = started(serving({ registry: true }));
    expect(() => enterLineage(serving({ registry: true }), environment)).toThrow('serves the same connectors');
  });

  it('lets gateways start others that serve something else', () => {
    const environment = started(serving({ registry: true }), started(serving({ config: ['/a.json'] })));
    expect(() => enterLineage(serving({ config: ['/b.json'] }), environment)).not.toThrow();
    expect(environment[LINEAGE_VARIABLE]?.split(',')).toHaveLength(3);
  });
});

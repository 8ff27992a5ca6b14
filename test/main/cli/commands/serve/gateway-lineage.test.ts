import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enterLineage } from '../../../../../src/main/cli/commands/serve/gateway-lineage.ts';
import type { SourceOptions } from '../../../../../src/main/cli/source-options.ts';
import { LINEAGE_VARIABLE, stdioEnvironment } from '../../../../../src/main/connectors/stdio/stdio-environment.ts';
import { TempDir } from '../../../../helpers/temp-dir.ts';

const serving = (more: Partial<SourceOptions>): SourceOptions => ({ registry: false, ...more }) as SourceOptions;

/** Returns the environment of a process that a gateway with the given sources has started. */
const started = (options: SourceOptions, environment: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  enterLineage(options, environment);
  return stdioEnvironment(environment, {});
};

describe('gateway lineage check', () => {
  it('a gateway cannot be started by a gateway that serves the same config file, even if its path is a symbolic link', () => {
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

  it('a gateway that serves the registry cannot be started by another gateway that serves the registry', () => {
    const environment = started(serving({ registry: true }));
    expect(() => enterLineage(serving({ registry: true }), environment)).toThrow('serves the same connectors');
  });

  it('a gateway can be started by a gateway that serves different sources', () => {
    const environment = started(serving({ registry: true }), started(serving({ config: ['/a.json'] })));
    expect(() => enterLineage(serving({ config: ['/b.json'] }), environment)).not.toThrow();
    expect(environment[LINEAGE_VARIABLE]?.split(',')).toHaveLength(3);
  });
});

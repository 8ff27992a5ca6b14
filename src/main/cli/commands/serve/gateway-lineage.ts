import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { LINEAGE_VARIABLE } from '../../../connectors/stdio/stdio-environment.ts';
import type { SourceOptions } from '../../source-options.ts';

/**
 * Records in the environment what this gateway serves, for the stdio servers that it starts. Throws CONNECTOR_LOOP if a
 * gateway among its ancestors serves the same, because each would start another without end. A chain of gateways that
 * serve different things is finite.
 */
export function enterLineage(options: SourceOptions, environment: NodeJS.ProcessEnv): void {
  const ancestors = environment[LINEAGE_VARIABLE]?.split(',') ?? [];
  const own = fingerprint(options);
  if (ancestors.includes(own))
    throw new SwitchyardError('CONNECTOR_LOOP', 'This gateway was started by one that serves the same connectors');
  environment[LINEAGE_VARIABLE] = [...ancestors, own].join(',');
}

function fingerprint({ serviceMap, config, registry, registryPath }: SourceOptions): string {
  const registered = registryPath === undefined ? registry : realPath(registryPath);
  const sources = [serviceMap ?? null, config?.map(realPath) ?? null, registered];
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { LINEAGE_VARIABLE } from '../../../connectors/stdio/stdio-environment.ts';
import type { SourceOptions } from '../../source-options.ts';

/**
 * Adds a fingerprint of this gateway's sources to an environment variable, which the stdio servers of the gateway
 * inherit. Throws CONNECTOR_LOOP if the variable already has this fingerprint. In that case, a gateway with the same
 * sources has started this one, and gateways would start each other without end.
 */
export function enterLineage(options: SourceOptions, environment: NodeJS.ProcessEnv): void {
  const ancestors = environment[LINEAGE_VARIABLE]?.split(',') ?? [];
  const own = fingerprint(options);
  if (ancestors.includes(own))
    throw new SwitchyardError(
      'CONNECTOR_LOOP',
      'This gateway was started by a gateway that serves the same connectors',
    );
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

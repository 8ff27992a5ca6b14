import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { isAddress } from '../../flags/is-address.ts';
import { misuse } from '../../flags/option-values.ts';
import { type SourceOptions, withManager } from '../../source-options.ts';
import { connectorsOf, notUp, notUpFailure, type StartUp } from '../../start-up.ts';
import { type AdHocOptions, adHocServer } from '../../targets/ad-hoc.ts';
import { startConnector, syncEntries } from '../../targets/chosen-connector.ts';
import { type Failure, failureFrom, printable, say } from '../../terminal/output.ts';
import { sayNotUp } from '../sync.ts';

/** Options of `resources`, `prompts` and `read`. */
export interface FeatureOptions extends SourceOptions, AdHocOptions {
  /** Id of the connector to use. Defaults to all connectors. */
  readonly connector?: string;
}

/**
 * What a command does. `ids` contains the ids of the connectors that are up. `failure` is null if all requested
 * connectors are up.
 */
type FeatureWork = (manager: ConnectorProxyManager, ids: readonly string[], failure: Failure | null) => Promise<number>;

/**
 * Runs `work` with the connector that the command line names by its id, its URL or a command after `--`. If the command
 * line names no connector, runs `work` with all connectors.
 */
export async function withFeatures(
  words: readonly string[],
  options: FeatureOptions,
  work: FeatureWork,
): Promise<number> {
  const [word, ...rest] = words;
  const server = adHocServer(isAddress(word) ? word : undefined, options);
  const named = isAddress(word) ? undefined : word;
  if (rest.length > 0 || (named !== undefined && (server !== null || options.connector !== undefined)))
    throw misuse('Name only one connector: by its id, its URL, or a command after --');
  return withOne(
    server === null ? options : { ...options, adHoc: server },
    server?.id ?? options.connector ?? named,
    work,
  );
}

/**
 * Runs `work` with the connector whose id is `only`, and starts no other connector. Without `only`, runs `work` with
 * all connectors.
 */
export function withOne(options: SourceOptions, only: string | undefined, work: FeatureWork): Promise<number> {
  return withManager(
    options,
    async (manager, startUp) => {
      await start(manager, startUp, only);
      const down = new Set(notUp(manager, only).map(({ id }) => id));
      const states = connectorsOf(manager, only);
      const up = states.filter(({ id, state }) => !down.has(id) && state !== 'disabled').map(({ id }) => id);
      const isDisabled = only !== undefined && down.size === 0 && up.length === 0;
      const failure = isDisabled ? disabled(only) : notUpFailure(states);
      const code = await work(manager, up, failure);
      sayNotUp(states);
      if (isDisabled && failure !== null) say(failure.message);
      return code;
    },
    only === undefined ? {} : { syncDeadlineMs: 1, connect: 'on-demand', only: () => only },
  );
}

function disabled(id: string): Failure {
  const message = `The connector ${printable(id)} is disabled in its entry`;
  return failureFrom({ code: 'CONNECTOR_UNAVAILABLE', message }, { connectorId: id });
}

async function start(manager: ConnectorProxyManager, startUp: StartUp, only: string | undefined): Promise<void> {
  if (only === undefined) {
    await manager.sync();
    await startUp.settled();
  } else {
    await syncEntries(manager);
    await startConnector(manager, startUp, only);
  }
}

/** Returns `value` if it is a string; otherwise the empty string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

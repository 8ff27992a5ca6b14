import { systemClock } from '../../../shared/clock.ts';
import { ERROR_CODES } from '../../../shared/error-codes.ts';
import { isErrorCode } from '../../../shared/errors.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { LocalConfigStatus } from '../../local-config/local-source.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { ManagerStatus } from '../../manager/manager-status.ts';
import { fleetOf } from '../../manager/parts-of.ts';
import { resolveNetwork } from '../../options/network-options.ts';
import type { RegistryStatus } from '../../registry/registry-source.ts';
import { managerOptions, type SourceOptions, withManager } from '../source-options.ts';
import { loginLine, needsLogin, reasonOf, type StartUp } from '../start-up.ts';
import { stateDirOf } from '../state-folder.ts';
import { answerJson } from '../terminal/json-document.ts';
import { counted, EXIT, failureLine, inOwnWords, print, printable, remedyOf, say } from '../terminal/output.ts';
import {
  checkClock,
  checkDisk,
  checkNode,
  checkProxy,
  checkThreads,
  type Finding,
  failedFinding,
  findingLine,
  findingsFailure,
} from './doctor/checks.ts';
import { checkLogins } from './doctor/login-checks.ts';
import { checkFloors, checkKeyFile, checkTrust } from './doctor/trust-checks.ts';
import { fleetFindings } from './fleet/fleet-findings.ts';
import { isoOf } from './sync.ts';

/**
 * Checks the machine, the sources and the connectors, and says how to mend what does not work. Resolves with the exit
 * code: 0 if no check failed.
 */
export async function runDoctor(options: SourceOptions): Promise<number> {
  const findings: Finding[] = [];
  const report = (...found: Finding[]): void => {
    findings.push(...found);
    if (!options.json) print(found.map(findingLine).join(''));
  };
  report(checkNode());
  const given = mapOptions({ ...options, state: false });
  try {
    const network = resolveNetwork(given.ok ? given.options.tls : undefined, undefined, process.env);
    report(checkProxy(network));
    report(await checkThreads(network));
    report(await checkDisk(stateDirOf(options)));
    report(...(await checkFloors(stateDirOf(options))));
    report(...checkKeyFile(options.keys, systemClock.now()));
    const mapUrl = given.ok ? given.options.serviceMapUrl : undefined;
    if (mapUrl !== undefined) report(await checkClock(mapUrl, network));
  } catch (error) {
    report(failedFinding('network', error));
  }
  let code: number = EXIT.ok;
  let howToLogIn: string | null = null;
  if (options.unusableFile !== undefined) report(failedFinding('config', options.unusableFile));
  else if (!given.ok) report(given.finding);
  else {
    code = await withManager(options, async (manager, startUp) => {
      report(...(await checkMap(manager, startUp, options)));
      const fleet = fleetOf(manager);
      if (fleet !== null) report(...(await fleetFindings(fleet)));
      howToLogIn = loginLine(manager.status().connectors);
      return EXIT.ok;
    });
  }
  const failure = findingsFailure(findings);
  if (options.json) answerJson({ findings }, failure);
  if (howToLogIn !== null) say(printable(howToLogIn));
  return code !== EXIT.ok ? code : failure === null ? EXIT.ok : EXIT.failed;
}

type MapOptions =
  | { readonly ok: true; readonly options: ReturnType<typeof managerOptions> }
  | { readonly ok: false; readonly finding: Finding };

/**
 * Returns the manager options. If they are invalid, returns a failed finding instead. If the command line names no
 * source, returns a note, and only the machine is checked.
 */
function mapOptions(options: SourceOptions): MapOptions {
  try {
    return { ok: true, options: managerOptions(options) };
  } catch (error) {
    const isAsked =
      options.serviceMap !== undefined ||
      options.config !== undefined ||
      options.registry ||
      options.registryPath !== undefined;
    const finding = failedFinding('map', error);
    return { ok: false, finding: isAsked ? finding : { ...finding, outcome: 'note' } };
  }
}

async function checkMap(manager: ConnectorProxyManager, startUp: StartUp, options: SourceOptions): Promise<Finding[]> {
  try {
    await manager.sync(true);
    await startUp.settled();
  } catch (error) {
    return [failedFinding(sourceAtFault(manager.status()), error)];
  }
  const { serviceMap, config, registry, connectors } = manager.status();
  const files = [
    ...(config === null ? [] : [checkConfig(config)]),
    ...(registry === null ? [] : [checkRegistry(registry)]),
  ];
  const ofConnectors = [...connectors.filter((it) => !needsLogin(it)).map(checkConnector), ...checkLogins(connectors)];
  if (serviceMap.url === null) return [...files, ...ofConnectors];
  const { connectorCount, brand, expiresAt, lastError } = serviceMap;
  const size = counted(connectorCount, 'connector');
  const message = `${size} of ${brand ?? ''}, signature right, expires ${isoOf(expiresAt)}`;
  const map: Finding =
    lastError === null
      ? { check: 'map', outcome: 'ok', message }
      : {
          check: 'map',
          outcome: 'failed',
          message: `${lastError.code}: ${lastError.message}; the remembered map is served`,
        };
  const trust = checkTrust(options, serviceMap, systemClock.now());
  return [map, ...trust, ...checkEntries(serviceMap), ...files, ...ofConnectors];
}

/**
 * Returns a note for each entry of the map that this version cannot use. A newer version may be able to use the entry.
 */
function checkEntries({ unusableEntries, unusableEntryCount }: ManagerStatus['serviceMap']): Finding[] {
  const remedy = ERROR_CODES.MAP_ENTRY_UNUSABLE.remedy;
  const rest = unusableEntryCount - unusableEntries.length;
  const more = rest > 0 ? `; ${rest} more are left out` : '';
  return unusableEntries.map(({ id, reason }, index) => {
    const tail = index === unusableEntries.length - 1 ? more : '';
    return { check: 'entry', outcome: 'note', message: `${id} is left out: ${reason}. ${remedy}${tail}` };
  });
}

/** Returns the name of the source that could not be read. */
function sourceAtFault({ serviceMap, config, registry }: ManagerStatus): string {
  if (serviceMap.url !== null && serviceMap.freshness === 'none') return 'map';
  if (config !== null && config.readAt === null) return 'config';
  return registry !== null && registry.readAt === null ? 'registry' : 'map';
}

function checkConfig({ path, serverCount, problems, lastError }: LocalConfigStatus): Finding {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const told = [
    ...(lastError === null ? [] : [lastError]),
    ...errors,
    ...problems.filter((it) => !errors.includes(it)),
  ];
  const message = [`${path}: ${counted(serverCount, 'server')}`, ...told.map((problem) => problem.message)].join('; ');
  const outcome = lastError !== null || errors.length > 0 ? 'failed' : problems.length > 0 ? 'note' : 'ok';
  return { check: 'config', outcome, message };
}

function checkRegistry({ path, serverCount, problems, lastError }: RegistryStatus): Finding {
  const told = [...(lastError === null ? [] : [lastError]), ...problems];
  const servers = `${path}: ${counted(serverCount, 'server')}`;
  const message = [servers, ...told.map((it) => `${it.code}: ${it.message}`)].join('; ');
  return { check: 'registry', outcome: told.length > 0 ? 'failed' : 'ok', message };
}

function checkConnector(connector: ConnectorStatus): Finding {
  const { id, state, era, transport, toolCount, lastError } = connector;
  if (state === 'disabled') return { check: 'connector', outcome: 'note', message: `${id}: disabled` };
  if (state === 'ready') {
    return { check: 'connector', outcome: 'ok', message: `${id}: ${toolCount} tools, ${era} over ${transport}` };
  }
  const code = lastError?.code;
  const why = isErrorCode(code)
    ? failureLine({ code, message: inOwnWords(lastError?.message ?? ''), remedy: remedyOf(code), detail: {} })
    : reasonOf(connector);
  const outcome = state === 'degraded' || state === 'connecting' ? 'note' : 'failed';
  return { check: 'connector', outcome, message: `${id}: ${state}: ${why}` };
}

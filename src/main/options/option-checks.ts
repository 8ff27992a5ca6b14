import { SwitchyardError } from '../../shared/errors.ts';
import { isHttpEndpoint } from '../../shared/map/service-map.ts';
import {
  absent,
  anything,
  type Check,
  type Checked,
  custom,
  either,
  flag,
  nullable,
  oneOf,
  optional,
  that,
  withDefault,
} from '../../shared/validation/check.ts';
import { Fault, placeOf } from '../../shared/validation/fault.ts';
import { from, number, positive, upTo, wholeNumber } from '../../shared/validation/numbers.ts';
import { itemsFrom, list, object, record, strictObject } from '../../shared/validation/objects.ts';
import { matching, text, units } from '../../shared/validation/text.ts';
import { checkFleetShape } from './fleet-options.ts';
import { TRUST_SHAPE } from './trust/trust-options.ts';

/** Checks a time in milliseconds. The maximum is the longest time that a Node timer can wait. */
const milliseconds = number(positive, upTo(2 ** 31 - 1));
const count = wholeNumber(positive);

const LIMITS_SHAPE = {
  timeoutMs: withDefault(milliseconds, 5_000),
  syncDeadlineMs: withDefault(milliseconds, 5_000),
  connectTimeoutMs: withDefault(milliseconds, 10_000),
  startTimeoutMs: withDefault(milliseconds, 60_000),
  listTimeoutMs: withDefault(milliseconds, 10_000),
  callTimeoutMs: withDefault(milliseconds, 60_000),
  programStarts: withDefault(nullable(count), null),
  maxConnects: withDefault(count, 64),
  maxConnectsPerOrigin: withDefault(nullable(count), null),
  maxToolPages: withDefault(count, 64),
  maxTools: withDefault(count, 10_000),
  maxResultBytes: withDefault(count, 32 * 1024 * 1024),
  maxMapBytes: withDefault(count, 32 * 1024 * 1024),
  maxConnectors: withDefault(count, 100_000),
  maxClockSkewMs: withDefault(number(from(0)), 300_000),
};

/** Checks the numeric options and fills in their defaults. */
export const checkLimits = object(LIMITS_SHAPE);

/** The numeric options with their defaults filled in. */
export type Limits = Checked<typeof checkLimits>;

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Creates a check that accepts any object that has these methods. */
function having(...methods: readonly string[]): Check<unknown> {
  const has = (value: unknown): boolean =>
    (typeof value === 'object' || isFunction(value)) &&
    value !== null &&
    methods.every((method) => isFunction(Reflect.get(value as object, method)));
  return custom(has, `must be an object with ${methods.map((method) => `${method}()`).join(', ')}`);
}

const callable = custom(isFunction, 'must be a function');

const pem = either(
  'must be PEM, as a string or as bytes',
  text(units(1)),
  custom((value) => value instanceof Uint8Array, 'must be bytes'),
);

const headerSecret = custom(
  (value) => isFunction(value) || typeof value === 'string',
  'must be a string or a function',
);

/** Whether the value can be a client id that is a URL (draft-ietf-oauth-client-id-metadata-document). */
export function isMetadataUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !isHttpEndpoint(value)) return false;
  const { protocol, pathname, href } = new URL(value);
  // The parser removes segments such as `/../`, so a URL that contains them differs from its `href`.
  return protocol === 'https:' && pathname !== '/' && !value.includes('#') && href === value;
}

const variableName = text(matching(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable'));

const isMapUrl = (value: unknown): boolean => typeof value === 'string' && isHttpEndpoint(value);

/** Id of the service map that `serviceMapUrl` and `signatureKey` define. */
export const DEFAULT_SOURCE = 'default';

const areUnique = (sources: readonly { readonly id: string }[]): boolean =>
  new Set(sources.map(({ id }) => id)).size === sources.length;

const mapUrl = custom(isMapUrl, 'must be an absolute http or https URL without credentials (use apiKey for those)');

const sourceId = text(matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -'));

const checkSource = strictObject({
  id: sourceId,
  url: mapUrl,
  ...TRUST_SHAPE,
  apiKey: optional(headerSecret),
  connectorsApiKey: optional(headerSecret),
  timeoutMs: optional(milliseconds),
  refreshIntervalMs: optional(milliseconds),
  maxMapBytes: optional(count),
  maxConnectors: optional(count),
});

const path = text(units(1));

const OPTIONS_SHAPE = {
  serviceMapUrl: mapUrl,
  ...TRUST_SHAPE,
  sources: optional(
    list(
      checkSource,
      itemsFrom(1),
      that(areUnique, 'two sources have the same id'),
      that(
        (sources) => sources.every(({ id }) => id !== DEFAULT_SOURCE),
        `"${DEFAULT_SOURCE}" is the id of serviceMapUrl`,
      ),
    ),
  ),
  configFile: optional(either('must be a path or a list of paths', path, list(path, itemsFrom(1)))),
  configDigests: optional(record(text())),
  serverRegistry: optional(
    either('must be true or an object with path', oneOf(true), strictObject({ path: optional(path) })),
  ),
  givenServers: optional(list(object({ id: text(units(1)) }), itemsFrom(1))),
  connectorsApiKey: optional(headerSecret),
  apiKey: optional(headerSecret),
  registry: optional(having('registerTool')),
  logger: optional(having('debug', 'info', 'warn', 'error')),
  fetchImpl: optional(callable),
  agent: optional(having('dispatch')),
  tls: optional(
    strictObject({
      ca: optional(either('must be PEM, or a list of PEM', pem, list(pem))),
      cert: optional(pem),
      key: optional(pem),
      passphrase: optional(text()),
      servername: optional(text()),
    }),
  ),
  proxy: optional(
    either(
      'must be a URL, false, or an object with http, https and noProxy',
      text(units(1)),
      oneOf(false),
      strictObject({ http: optional(text()), https: optional(text()), noProxy: optional(text()) }),
    ),
  ),
  now: optional(callable),
  clock: optional(having('now')),
  sleep: optional(callable),
  random: optional(having('next')),
  createProxy: optional(callable),
  host: optional(object({ capabilities: record(anything), answer: callable })),
  oauth: optional(callable),
  concurrency: optional(count),
  allowPrivateEndpoints: withDefault(flag, true),
  stateDir: optional(path),
  pinTools: withDefault(oneOf('off', 'warn', 'quarantine'), 'warn'),
  notifications: optional(flag),
  offload: withDefault(oneOf('auto', 'always', 'never'), 'auto'),
  featureFlags: optional(object({ asyncRefresh: flag, refreshIntervalMs: milliseconds })),
  connect: optional(oneOf('all', 'on-demand')),
  clientMetadataUrl: optional(
    custom(isMetadataUrl, 'must be an https URL with a path, without credentials, dot segments or fragment'),
  ),
  allowEnv: optional(list(variableName)),
  fleet: optional(checkFleetShape),
  record: optional(path),
  compat: optional(oneOf('cortex-os')),
};

/** Checks the options of a manager with a service map. */
export const checkRemote = object(OPTIONS_SHAPE);

/** Checks the options of a manager without `serviceMapUrl`. */
export const checkLocal = object({ ...OPTIONS_SHAPE, serviceMapUrl: absent });

const checkFleet = object({ fleet: optional(checkFleetShape) });

/** The options for which a default was filled in while they were checked. */
export interface CheckedOptions {
  readonly limits: Limits;
  readonly offload: 'auto' | 'always' | 'never';
  readonly pinTools: PinPolicy;
  readonly allowPrivateEndpoints: boolean;
}

/** Checks the type and format of each option. Throws OPTIONS_INVALID, whose message names the first invalid option. */
export function checkOptions(options: {
  readonly concurrency?: number | undefined;
  readonly serviceMapUrl?: unknown;
  readonly sources?: unknown;
  readonly configFile?: unknown;
  readonly serverRegistry?: unknown;
  readonly givenServers?: unknown;
  readonly agent?: unknown;
  readonly createProxy?: unknown;
}): CheckedOptions {
  const others = [options.sources, options.configFile, options.serverRegistry, options.givenServers];
  const isLocal = options.serviceMapUrl === undefined && others.some((option) => option !== undefined);
  if (options.serviceMapUrl === undefined && !isLocal) throw noConnectors();
  const checked = accepted(isLocal ? checkLocal(options) : checkRemote(options));
  const { offload, pinTools, allowPrivateEndpoints } = checked;
  if (!allowPrivateEndpoints) assertOwnConnections(options);
  const { concurrency } = options;
  const atOnce = concurrency === undefined ? {} : { maxConnects: concurrency, maxConnectsPerOrigin: concurrency };
  return { offload, pinTools, allowPrivateEndpoints, limits: accepted(checkLimits({ ...atOnce, ...options })) };
}

function noConnectors(): SwitchyardError {
  const maps = '`serviceMapUrl` or `sources` (signed maps)';
  const ways = `\`configFile\` (such as .mcp.json), ${maps}, \`serverRegistry\` or \`givenServers\``;
  const message = `No connectors are given: set ${ways}.`;
  return new SwitchyardError('OPTIONS_INVALID', message, { detail: { option: 'serviceMapUrl' } });
}

/** Checks only the option `fleet`, in the same way as {@link checkOptions}. Throws OPTIONS_INVALID. */
export function checkFleetOptions(fleet: unknown): void {
  accepted(checkFleet({ fleet }));
}

/**
 * Throws if the host creates the connections itself. Addresses are only checked when the manager creates a connection.
 */
function assertOwnConnections(options: { readonly agent?: unknown; readonly createProxy?: unknown }): void {
  const other = options.agent !== undefined ? 'agent' : options.createProxy !== undefined ? 'createProxy' : null;
  if (other === null) return;
  const message = `Option allowPrivateEndpoints: false does not work with ${other}, which makes its own connections.`;
  throw new SwitchyardError('OPTIONS_INVALID', message, { detail: { option: 'allowPrivateEndpoints' } });
}

/** Returns the result of a check. Throws OPTIONS_INVALID if the check found a fault. */
function accepted<T>(checked: T | Fault): T {
  if (!(checked instanceof Fault)) return checked;
  const option = placeOf(checked.path) || 'options';
  throw new SwitchyardError('OPTIONS_INVALID', `Option ${option}: ${checked.message}.`, { detail: { option } });
}

/** The names of all options. */
export const KNOWN_OPTIONS: ReadonlySet<string> = new Set(Object.keys({ ...OPTIONS_SHAPE, ...LIMITS_SHAPE }));

/** What to do if the definition of a tool differs from the definition that was first seen. */
export type PinPolicy = 'off' | 'warn' | 'quarantine';

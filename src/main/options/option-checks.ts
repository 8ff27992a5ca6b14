import * as z from 'zod';
import { SwitchyardError } from '../../shared/errors.ts';
import { isHttpEndpoint } from '../../shared/map/service-map.ts';
import type { Logger } from '../observability/logger.ts';
import { TRUST_SCHEMA } from './trust/trust-options.ts';

const milliseconds = z
  .number()
  .positive()
  .max(2 ** 31 - 1);
const count = z.int().positive();

const limitsSchema = z.object({
  timeoutMs: milliseconds.default(5_000),
  syncDeadlineMs: milliseconds.default(5_000),
  connectTimeoutMs: milliseconds.default(10_000),
  startTimeoutMs: milliseconds.default(60_000),
  listTimeoutMs: milliseconds.default(10_000),
  callTimeoutMs: milliseconds.default(60_000),
  programStarts: count.nullable().default(null),
  maxConnects: count.default(64),
  maxConnectsPerOrigin: count.default(4),
  maxToolPages: count.default(64),
  maxTools: count.default(10_000),
  maxResultBytes: count.default(32 * 1024 * 1024),
  maxMapBytes: count.default(32 * 1024 * 1024),
  maxConnectors: count.default(100_000),
  maxClockSkewMs: z.number().nonnegative().default(300_000),
});

/** The numeric options, all set. */
export type Limits = Readonly<z.infer<typeof limitsSchema>>;

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Something with these methods. */
function having(...methods: readonly string[]): z.ZodType {
  const has = (value: unknown): boolean =>
    (typeof value === 'object' || isFunction(value)) &&
    value !== null &&
    methods.every((method) => isFunction(Reflect.get(value as object, method)));
  return z.custom(has, `must be an object with ${methods.map((method) => `${method}()`).join(', ')}`);
}

const callable = z.custom(isFunction, 'must be a function');

const pem = z.union([z.string().min(1), z.instanceof(Uint8Array)], 'must be PEM, as a string or as bytes');

const headerSecret = z.custom(
  (value) => isFunction(value) || typeof value === 'string',
  'must be a string or a function',
);

const isMapUrl = (value: unknown): boolean => typeof value === 'string' && isHttpEndpoint(value);

/** The source that `serviceMapUrl` and `signatureKey` make. */
export const DEFAULT_SOURCE = 'default';

const areUnique = (sources: readonly { readonly id: string }[]): boolean =>
  new Set(sources.map(({ id }) => id)).size === sources.length;

const mapUrl = z.custom(isMapUrl, 'must be an absolute http or https URL without credentials (use apiKey for those)');

const sourceId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');

const sourceSchema = z.strictObject({
  id: sourceId,
  url: mapUrl,
  ...TRUST_SCHEMA,
  apiKey: headerSecret.optional(),
  connectorsApiKey: headerSecret.optional(),
  timeoutMs: milliseconds.optional(),
  refreshIntervalMs: milliseconds.optional(),
  maxMapBytes: count.optional(),
  maxConnectors: count.optional(),
});

const optionsSchema = z.object({
  serviceMapUrl: mapUrl,
  ...TRUST_SCHEMA,
  sources: z
    .array(sourceSchema)
    .min(1)
    .refine(areUnique, 'two of them have one id')
    .refine(
      (sources) => sources.every(({ id }) => id !== DEFAULT_SOURCE),
      `"${DEFAULT_SOURCE}" is that of serviceMapUrl`,
    )
    .optional(),
  configFile: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  configDigests: z.record(z.string(), z.string()).optional(),
  serverRegistry: z.union([z.literal(true), z.strictObject({ path: z.string().min(1).optional() })]).optional(),
  connectorsApiKey: headerSecret.optional(),
  apiKey: headerSecret.optional(),
  registry: having('registerTool').optional(),
  logger: having('debug', 'info', 'warn', 'error').optional(),
  fetchImpl: callable.optional(),
  agent: having('dispatch').optional(),
  tls: z
    .strictObject({
      ca: z.union([pem, z.array(pem)]).optional(),
      cert: pem.optional(),
      key: pem.optional(),
      passphrase: z.string().optional(),
      servername: z.string().optional(),
    })
    .optional(),
  proxy: z
    .union([
      z.string().min(1),
      z.literal(false),
      z.strictObject({
        http: z.string().optional(),
        https: z.string().optional(),
        noProxy: z.string().optional(),
      }),
    ])
    .optional(),
  now: callable.optional(),
  clock: having('now').optional(),
  sleep: callable.optional(),
  random: having('next').optional(),
  createProxy: callable.optional(),
  host: z.object({ capabilities: z.record(z.string(), z.unknown()), answer: callable }).optional(),
  oauth: callable.optional(),
  concurrency: count.optional(),
  allowPrivateEndpoints: z.boolean().default(true),
  stateDir: z.string().min(1).optional(),
  pinTools: z.enum(['off', 'warn', 'quarantine']).default('warn'),
  notifications: z.boolean().optional(),
  offload: z.enum(['auto', 'always', 'never']).default('auto'),
  featureFlags: z.object({ asyncRefresh: z.boolean(), refreshIntervalMs: milliseconds }).optional(),
});

/** Of a manager whose connectors are from elsewhere. */
const localSchema = optionsSchema.extend({
  serviceMapUrl: z.undefined().optional(),
});

/** What the checks make of options: the numbers and the choices, with their defaults. */
export interface CheckedOptions {
  readonly limits: Limits;
  readonly offload: 'auto' | 'always' | 'never';
  readonly pinTools: PinPolicy;
  readonly allowPrivateEndpoints: boolean;
}

/** Checks the shape of each option. Throws OPTIONS_INVALID naming the first that is wrong. */
export function checkOptions(options: {
  readonly concurrency?: number | undefined;
  readonly serviceMapUrl?: unknown;
  readonly sources?: unknown;
  readonly configFile?: unknown;
  readonly serverRegistry?: unknown;
  readonly agent?: unknown;
  readonly createProxy?: unknown;
}): CheckedOptions {
  const others = [options.sources, options.configFile, options.serverRegistry];
  const isLocal = options.serviceMapUrl === undefined && others.some((option) => option !== undefined);
  const checked = parse<Omit<CheckedOptions, 'limits'>>(isLocal ? localSchema : optionsSchema, options);
  const { offload, pinTools, allowPrivateEndpoints } = checked;
  if (!allowPrivateEndpoints) assertOwnConnections(options);
  const { concurrency } = options;
  const atOnce = concurrency === undefined ? {} : { maxConnects: concurrency, maxConnectsPerOrigin: concurrency };
  return { offload, pinTools, allowPrivateEndpoints, limits: parse(limitsSchema, { ...atOnce, ...options }) };
}

/** An address is checked where its socket is made, and others' sockets are made elsewhere. */
function assertOwnConnections(options: { readonly agent?: unknown; readonly createProxy?: unknown }): void {
  const other = options.agent !== undefined ? 'agent' : options.createProxy !== undefined ? 'createProxy' : null;
  if (other === null) return;
  const message = `Option allowPrivateEndpoints: false cannot be kept with ${other}, which makes connections of its own; leave one of them out.`;
  throw new SwitchyardError('OPTIONS_INVALID', message, { detail: { option: 'allowPrivateEndpoints' } });
}

function parse<T>(schema: z.ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = z.core.toDotPath(issue?.path ?? []) || 'options';
  throw new SwitchyardError('OPTIONS_INVALID', `Option ${name}: ${issue?.message ?? 'invalid'}.`, {
    detail: { option: name },
  });
}

const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  ...Object.keys(optionsSchema.shape),
  ...Object.keys(limitsSchema.shape),
]);

/** Names what is set and has no effect: unknown options, since callers spread whole configurations in, and those that the agent overrules. */
export function warnOfIgnored(options: object, logger: Logger): void {
  const names = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const unknown = names.filter((name) => !KNOWN_OPTIONS.has(name));
  if (unknown.length > 0)
    logger.warn({ event: 'options-unknown', options: unknown }, `Unknown options are ignored: ${unknown.join(', ')}`);
  const overruled = ['tls', 'proxy'].filter((name) => names.includes('agent') && names.includes(name));
  if (overruled.length > 0)
    logger.warn({ event: 'options-overruled', options: overruled }, `The agent overrules ${overruled.join(' and ')}`);
}

/** What to do about a tool whose definition is no longer the one that was first seen. */
export type PinPolicy = 'off' | 'warn' | 'quarantine';

import * as z from 'zod';
import { isMetadataUrl } from '../../../src/main/options/option-checks.ts';
import { isHttpEndpoint } from '../../../src/shared/map/service-map.ts';
import { FLEET_SCHEMA } from './fleet-options.ts';
import { TRUST_SCHEMA } from './trust-options.ts';

const milliseconds = z
  .number()
  .positive()
  .max(2 ** 31 - 1);
const count = z.int().positive();

/** The numeric options. */
export const limitsSchema = z.object({
  timeoutMs: milliseconds.default(5_000),
  syncDeadlineMs: milliseconds.default(5_000),
  connectTimeoutMs: milliseconds.default(10_000),
  startTimeoutMs: milliseconds.default(60_000),
  listTimeoutMs: milliseconds.default(10_000),
  callTimeoutMs: milliseconds.default(60_000),
  programStarts: count.nullable().default(null),
  maxConnects: count.default(64),
  maxConnectsPerOrigin: count.nullable().default(null),
  maxToolPages: count.default(64),
  maxTools: count.default(10_000),
  maxResultBytes: count.default(32 * 1024 * 1024),
  maxMapBytes: count.default(32 * 1024 * 1024),
  maxConnectors: count.default(100_000),
  maxClockSkewMs: z.number().nonnegative().default(300_000),
});

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Accepts a value with these methods. */
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

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable');

const isMapUrl = (value: unknown): boolean => typeof value === 'string' && isHttpEndpoint(value);

const DEFAULT_SOURCE = 'default';

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

/** The options of a manager. */
export const optionsSchema = z.object({
  serviceMapUrl: mapUrl,
  ...TRUST_SCHEMA,
  sources: z
    .array(sourceSchema)
    .min(1)
    .refine(areUnique, 'two sources have the same id')
    .refine(
      (sources) => sources.every(({ id }) => id !== DEFAULT_SOURCE),
      `"${DEFAULT_SOURCE}" is the id of serviceMapUrl`,
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
  connect: z.enum(['all', 'on-demand']).optional(),
  clientMetadataUrl: z
    .custom(isMetadataUrl, 'must be an https URL with a path, without credentials, dot segments or fragment')
    .optional(),
  allowEnv: z.array(variableName).optional(),
  fleet: FLEET_SCHEMA.optional(),
  record: z.string().min(1).optional(),
});

/** The options of a manager that gets its connectors from other sources than a service map. */
export const localSchema = optionsSchema.extend({
  serviceMapUrl: z.undefined().optional(),
});

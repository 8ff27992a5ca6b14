import { createServiceMapSignature } from '../../src/shared/map/signature.ts';

export const BENCH_KEY = 'a key for benchmarks';

/** Creates a signed map with `count` connectors. Each entry has a size of 1.4 KB. */
export function benchMap(count: number, options: { readonly enabled: boolean; readonly endpoint: string }): string {
  const connectors = Array.from({ length: count }, (_, index) => ({
    id: `connector-${index}`,
    version: '1.4.2',
    displayName: `Connector number ${index}`,
    description: 'A connector with a description of an ordinary length, as a person would write it. '.repeat(3),
    enabled: options.enabled,
    scopes: ['read', 'write', `tenant-${index % 17}`],
    ttlSeconds: 300,
    endpoint: `${options.endpoint}/${index}`,
    auth: { type: 'apiKey', headerName: 'x-api-key' },
    headers: { 'x-tenant': `tenant-${index % 17}`, 'x-region': 'eu-west-1' },
    quotas: { perMinute: 60, perHour: 1000, concurrent: 8 },
    timeouts: { connect: 5000, call: 30000 },
    tags: ['bench', `group-${index % 5}`],
    metadata: { owner: 'team@example.invalid', tier: index % 3, notes: 'x'.repeat(440) },
    remoteTools: Array.from({ length: 3 }, (__, tool) => ({
      name: `tool_${tool}`,
      description: 'Does one thing well.',
      tags: ['t'],
    })),
  }));
  const payload = {
    id: '01JD0000000000000000000000',
    brand: 'bench',
    generatedAt: new Date().toISOString(),
    ttlSeconds: 3600,
    connectors,
  };
  return JSON.stringify({ ...payload, signature: createServiceMapSignature(payload, BENCH_KEY) });
}

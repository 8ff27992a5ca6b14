import { createHmac } from 'node:crypto';
import { canonicalizeServiceMapPayload } from '../../../shared/map/signature.ts';

/** The key of the maps here. */
export const MAP_KEY = 'a key for benchmarks';

export interface ChangingMapOptions {
  readonly count: number;
  /** Endpoints of the first connectors, which are enabled; the others are not. */
  readonly endpoints: readonly string[];
  /** Whether all of them are enabled, those without an endpoint of their own at one where nobody listens. */
  readonly enabled?: boolean;
  /** Whether no two entries have the same members. */
  readonly isHeterogeneous?: boolean;
}

/** A signed map of connectors of 1.4 KB each, which changes a few at a time. Its text is put together from what did not change, so that its server is not what is measured. */
export class ChangingMap {
  readonly #options: ChangingMapOptions;
  readonly #texts: string[];
  readonly #startedAtMs = Date.now();
  #version = 0;
  #body: Buffer;

  constructor(options: ChangingMapOptions) {
    this.#options = options;
    this.#texts = Array.from({ length: options.count }, (_, index) => this.#textOf(index));
    this.#body = this.#render();
  }

  get body(): Buffer {
    return this.#body;
  }

  get etag(): string {
    return `"${this.#version}"`;
  }

  /** Changes so many entries, others each time, and dates the map anew. */
  change(count: number): void {
    const first = this.#options.endpoints.length;
    const others = Math.max(1, this.#options.count - first);
    this.#version += 1;
    for (let changed = 0; changed < count; changed += 1) {
      const index = first + ((this.#version * 7_919 + changed * 199) % others);
      this.#texts[index] = this.#textOf(index);
    }
    this.#body = this.#render();
  }

  #render(): Buffer {
    const generatedAt = new Date(this.#startedAtMs + this.#version).toISOString();
    const head = `{"brand":"bench","connectors":[${this.#texts.join(',')}],"generatedAt":"${generatedAt}","id":"bench",`;
    const tail = `"ttlSeconds":86400}`;
    const signature = createHmac('sha256', MAP_KEY).update(head).update(tail).digest('base64url');
    return Buffer.from(`${head}"signature":"${signature}",${tail}`);
  }

  #textOf(index: number): string {
    const endpoint = this.#options.endpoints[index];
    const own =
      this.#options.isHeterogeneous === true
        ? { [`x-${index}`]: index, [`y-${index % 97}`]: { [`z-${index}`]: true } }
        : {};
    return canonicalizeServiceMapPayload({
      id: `c${index}`,
      version: `1.4.${this.#version}`,
      name: `Connector ${index}`,
      description: 'A connector with a description of an ordinary length, as a person would write it. '.repeat(3),
      status: endpoint === undefined && this.#options.enabled !== true ? 'disabled' : 'enabled',
      scopes: ['read', 'write', `tenant-${index % 17}`],
      ttl: 300,
      endpoint: endpoint ?? `http://127.0.0.1:9/${index}`,
      headers: { 'x-tenant': `tenant-${index % 17}`, 'x-region': 'eu-west-1' },
      quotas: { perMinute: 60_000, concurrent: 64 },
      timeouts: { connect: 5_000, call: 30_000 },
      tags: ['bench', `group-${index % 5}`],
      metadata: { owner: 'team@example.invalid', tier: index % 3, notes: 'x'.repeat(440), ...own },
      remoteTools: Array.from({ length: 3 }, (__, tool) => ({
        name: `tool_${tool}`,
        description: 'Does one thing well.',
      })),
    });
  }
}

import { fleetOf } from '../../../src/main/manager/parts-of.ts';
import { eventually } from '../eventually.ts';
import { type GatewayWorld, startGateway, type WorldOptions } from '../gateway-world.ts';
import { postModern } from '../mcp-post.ts';

export const SECRETS = [
  's3cr3t-of-a-fleet-that-is-the-current-one',
  's3cr3t-of-a-fleet-that-is-the-previous-one',
] as const;

export interface ReplicaOptions extends WorldOptions {
  readonly redisUrl: string;
  /** The current secret comes first. */
  readonly secrets?: readonly [string, string?];
}

/** Starts one replica of a gateway in this process, with its own fleet thread. */
export async function startReplica(
  servers: Readonly<Record<string, object>>,
  { redisUrl, secrets = [SECRETS[0]], ...options }: ReplicaOptions,
): Promise<GatewayWorld & { readonly mcp: string }> {
  const fleet = { url: redisUrl, id: 'test', secrets };
  const world = await startGateway(servers, { ...options, manager: { ...options.manager, fleet } });
  return { ...world, mcp: `${world.listener.url}/mcp` };
}

/** Starts several replicas, which are closed when their scope ends. */
export async function startReplicas(
  count: number,
  servers: Readonly<Record<string, object>>,
  options: ReplicaOptions,
): Promise<AsyncDisposable & { readonly at: (index: number) => GatewayWorld & { readonly mcp: string } }> {
  const replicas: (GatewayWorld & { readonly mcp: string })[] = [];
  for (let index = 0; index < count; index += 1) replicas.push(await startReplica(servers, options));
  return {
    at(index) {
      const replica = replicas[index];
      if (replica === undefined) throw new Error(`There is no replica ${index}`);
      return replica;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    },
  };
}

/** Resolves once a replica is connected to the Redis server. */
export async function isConnected({ manager }: GatewayWorld): Promise<void> {
  await eventually('the replica is connected', () => fleetOf(manager)?.isConnected === true);
}

/** Resolves once a replica has listed a resource. */
export async function hasResources(mcp: string): Promise<void> {
  await eventually('the resource is listed', async () => {
    const { result } = await postModern(mcp, 'resources/list');
    return (result.resources as object[]).length > 0;
  });
}

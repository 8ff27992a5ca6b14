import type { Fleet } from '../../../src/main/fleet/fleet.ts';
import { FleetHop } from '../../../src/main/gateway/replicas/fleet-hop.ts';
import { type GatewayWorld, startGateway, type WorldOptions } from '../gateway-world.ts';
import { recordingLogger } from '../log.ts';
import { ScriptedRoster } from './scripted-roster.ts';

export interface HopReplica extends GatewayWorld {
  readonly fleet: Fleet;
  readonly mcp: string;
}

/** Replicas of a gateway in one process, which find each other through a scripted list of hosts instead of Redis. */
export interface HopWorld extends AsyncDisposable {
  readonly roster: ScriptedRoster;
  readonly replicas: readonly HopReplica[];
  /** Adds another host to the fleet. Through it, a test sends requests of its choice to the replicas. */
  sender(secrets?: readonly string[]): FleetHop;
}

export async function startHopWorld(
  count: number,
  servers: Readonly<Record<string, object>>,
  options: WorldOptions & { readonly secrets?: (index: number) => readonly string[] } = {},
): Promise<HopWorld & { readonly at: (index: number) => HopReplica }> {
  const roster = new ScriptedRoster();
  const replicas: HopReplica[] = [];
  const senders: FleetHop[] = [];
  for (let index = 0; index < count; index += 1) {
    const secrets = options.secrets?.(index);
    const fleet = roster.join(secrets === undefined ? {} : { secrets });
    const world = await startGateway(servers, { ...options, gateway: { ...options.gateway, fleet } });
    replicas.push({ ...world, fleet, mcp: `${world.listener.url}/mcp` });
  }
  return {
    ...{ roster, replicas },
    at(index) {
      const replica = replicas[index];
      if (replica === undefined) throw new Error(`There is no replica ${index}`);
      return replica;
    },
    sender(secrets) {
      const sender = new FleetHop(roster.join(secrets === undefined ? {} : { secrets }), recordingLogger());
      senders.push(sender);
      return sender;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(senders.map((sender) => sender[Symbol.asyncDispose]()));
      await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    },
  };
}

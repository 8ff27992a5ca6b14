import type { LocalConfigStatus } from '../../../local-config/local-source.ts';
import type { ManagerStatus } from '../../../manager/manager-status.ts';
import type { RegistryStatus } from '../../../registry/registry-source.ts';
import type { ServiceMapStatus } from '../../../service-map/service-map-status.ts';
import { type ShownFailure, shownFailure } from './shown-failure.ts';
import { shownAddress, shownMessage, shownName } from './shown-text.ts';
import { type TrustModel, trustModel } from './trust-model.ts';

/** Maximum number of a file's problems that are listed. */
const MAX_PROBLEMS = 5;

/** A service map as the page shows it. */
export interface MapModel {
  readonly sourceId: string;
  readonly brand: string | null;
  readonly address: string | null;
  readonly freshness: ServiceMapStatus['freshness'];
  /** Whether a verified map is in use. A map whose signature is not verified is never used. */
  readonly signature: 'verified' | 'none';
  readonly trust: TrustModel;
  readonly revision: number;
  readonly connectorCount: number;
  /** Epoch ms; null before the first map. */
  readonly generatedAt: number | null;
  readonly expiresAt: number | null;
  readonly circuit: ServiceMapStatus['circuit'];
  readonly pausedUntil: number | null;
  readonly heldRemovals: number;
  /** Why the map is not fresh, or will soon be stale; null after a successful refresh. */
  readonly lastError: (ShownFailure & { readonly at: number }) | null;
}

/** A local file or a registry as the page shows it. */
export interface FileModel {
  readonly kind: 'configuration' | 'registry';
  readonly path: string;
  readonly serverCount: number;
  readonly readAt: number | null;
  readonly lastError: ShownFailure | null;
  readonly problemCount: number;
  /** The first problems of the file, at most five. */
  readonly problems: readonly string[];
}

/** Returns the maps of a manager; empty if it has no map. */
export function mapModels({ serviceMaps }: Pick<ManagerStatus, 'serviceMaps'>): readonly MapModel[] {
  return serviceMaps.filter(({ url }) => url !== null).map(mapModel);
}

/** Returns the files that connectors come from in addition to maps. */
export function fileModels({ config, registry }: Pick<ManagerStatus, 'config' | 'registry'>): readonly FileModel[] {
  return [
    ...(config === null ? [] : [fileModel('configuration', config)]),
    ...(registry === null ? [] : [fileModel('registry', registry)]),
  ];
}

function mapModel(status: ServiceMapStatus): MapModel {
  const { sourceId, brand, url, lastError, heldRemovals } = status;
  const { freshness, circuit, pausedUntil, revision, connectorCount, generatedAt, expiresAt } = status;
  return {
    sourceId,
    brand: brand === null ? null : shownName(brand),
    address: url === null ? null : shownAddress(url),
    freshness,
    signature: generatedAt === null ? 'none' : 'verified',
    trust: trustModel(status),
    revision,
    connectorCount,
    generatedAt,
    expiresAt,
    circuit,
    pausedUntil,
    heldRemovals: heldRemovals.length,
    lastError: lastError === null ? null : { ...shownFailure(lastError), at: lastError.at },
  };
}

function fileModel(kind: FileModel['kind'], status: LocalConfigStatus | RegistryStatus): FileModel {
  const { path, serverCount, readAt, lastError, problems } = status;
  return {
    kind,
    path: shownName(path),
    serverCount,
    readAt,
    lastError: lastError === null ? null : shownFailure(lastError),
    problemCount: problems.length,
    problems: problems.slice(0, MAX_PROBLEMS).map(({ message }) => shownMessage(message)),
  };
}

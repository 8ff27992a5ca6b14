import { FLEET_INSTRUMENTS } from './fleet-instruments.ts';
import { counter, gauge, histogram, type InstrumentEntry } from './instrument-entry.ts';

/** Buckets of durations, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Buckets of numbers of changes. */
const COUNTS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/**
 * Every metric of this package. Names are API. A gauge without the label `connector` adds up all managers of the
 * process.
 */
export const INSTRUMENTS = {
  connectorUp: gauge(
    'mcp_connector_up',
    'Whether a connector is connected: 1 or 0. Not kept for connectors beyond the label limit.',
    'connector',
  ),
  proxyUp: gauge(
    'brainwav_mcp_connector_proxy_up',
    'The old name of mcp_connector_up. It goes with the next minor version.',
    'connector',
  ),
  connectors: gauge('mcp_connectors', 'Connectors by state.', 'state'),
  transitions: counter('mcp_connector_transitions_total', 'Changes of state of connectors.', 'from', 'to'),
  connectorFailures: counter(
    'mcp_connector_failures_total',
    'Failed attempts to bring a connector up, and connections lost, by error code.',
    'code',
  ),
  droppedDefinitions: counter(
    'mcp_connector_dropped_definitions_total',
    'Definitions of connectors that are left out of lists, each once, by kind (tool, prompt, resource, template) and ' +
      'reason: not-an-object, name, duplicate, too-deep, too-large, headers, input-schema or arguments.',
    'kind',
    'reason',
  ),
  strayMessages: counter(
    'mcp_connector_stray_messages_total',
    'Messages of connectors that were ignored: invalid ones, and answers with an unknown or repeated id.',
  ),
  logins: gauge(
    'mcp_connector_logins',
    'Connectors that have or want a login, by its state: logged-in, none, lost. Each manager of the process counts.',
    'state',
  ),
  loginOutcomes: counter(
    'mcp_logins_total',
    'Logins by what became of them: done, failed, expired (the redirect came too late or twice), lost (the issuer ' +
      'refused to refresh it) or logged-out.',
    'outcome',
  ),
  loginRefreshes: counter(
    'mcp_login_refreshes_total',
    'Refreshes of tokens: refreshed, shared (another process had done it), failed (tried again later) or lost.',
    'outcome',
  ),
  syncDuration: histogram(
    SECONDS,
    'mcp_connector_sync_duration_seconds',
    'Duration of sync(), connectors included.',
    'outcome',
  ),
  callDuration: histogram(
    SECONDS,
    'mcp_tool_call_duration_seconds',
    'Duration of tool calls: ok, tool-error (the tool ran and failed) or error.',
    'connector',
    'outcome',
  ),
  gatewayRequests: histogram(
    SECONDS,
    'mcp_gateway_request_duration_seconds',
    'Duration of requests of clients to the gateway. Methods that only one era has count as other.',
    'method',
    'outcome',
  ),
  gatewayRefused: counter(
    'mcp_gateway_refused_total',
    'HTTP requests that the gateway refused before it looked at them, by status: 401, 403, 404, 503.',
    'status',
  ),
  gatewayClients: gauge(
    'mcp_gateway_clients',
    'What clients have open at the gateway: sessions, requests, held calls.',
    'kind',
  ),
  loadDuration: histogram(
    SECONDS,
    'mcp_service_map_load_duration_seconds',
    'Duration of each phase of a load of the service map: fetch, parse, verify, validate, diff.',
    'phase',
    'outcome',
    'thread',
  ),
  refreshes: counter(
    'mcp_service_map_refresh_total',
    'Refreshes of the service map, all attempts together: loaded, unchanged or failed; the error code, or none.',
    'outcome',
    'code',
  ),
  alarms: counter(
    'mcp_service_map_alarms_total',
    'What wants a human eye about service maps, by code: suspicious ones (MAP_EQUIVOCATED, MAP_MASS_REMOVAL), one ' +
      'that is aging (MAP_EXPIRED), one that was dropped (MAP_TOO_STALE, MAP_KEY_REVOKED), and key documents that ' +
      'were not believed (KEYS_UNTRUSTED, KEYS_ROLLED_BACK).',
    'code',
  ),
  unusableEntries: gauge(
    'mcp_service_map_unusable_entries',
    'Entries of the service maps in force that are left out, because this host cannot or must not do what they ask.',
  ),
  staleness: gauge(
    'mcp_service_map_stale_seconds',
    'For how long the service map in force has been expired; 0 while it is fresh. The worst of all managers.',
  ),
  expiry: gauge(
    'mcp_service_map_expires_in_seconds',
    'Seconds until the service map in force expires; negative afterwards. The least of all managers.',
  ),
  mapAge: gauge(
    'mcp_service_map_age_seconds',
    'How long ago the service map in force was generated. The oldest of all managers.',
  ),
  keyExpiry: gauge(
    'mcp_service_map_key_expires_in_seconds',
    'Seconds until the first key that signed the service map in force expires; negative afterwards. The least of all ' +
      'managers; absent if no such key expires.',
  ),
  keyDocumentExpiry: gauge(
    'mcp_service_map_key_document_expires_in_seconds',
    'Seconds until the newest key document expires; negative afterwards. The least of all managers; absent without ' +
      'one.',
  ),
  keyDocumentsFailing: gauge(
    'mcp_service_map_key_documents_failing',
    'Sources whose newer key documents could not be read or were not believed at the last refresh.',
  ),
  hmacOnly: gauge(
    'mcp_service_map_hmac_only',
    'Service maps in force that are signed by their HMAC alone though public keys are configured.',
  ),
  circuits: gauge(
    'mcp_service_map_circuits',
    'Sources of service maps by the state of their circuit: closed, half-open, open.',
    'state',
  ),
  fleetFallback: counter(
    'mcp_fleet_fallback_total',
    'How often a host went by itself for a service map, by reason: guard (nothing new for long), refused (the fleet ' +
      'offered what failed its proof), or alone (nothing was heard of the fleet).',
    'reason',
  ),
  fleetAudits: counter(
    'mcp_fleet_audits_total',
    'Requests by chance that compare the source with what the fleet has, by result: same, different or failed.',
    'result',
  ),
  poolQueue: gauge('mcp_load_pool_queue_length', 'Loads that wait for a worker thread.'),
  threadsLost: counter(
    'mcp_worker_threads_lost_total',
    'Worker threads that failed a load by dying, spinning or saying nothing.',
  ),
  toolChanges: counter(
    'mcp_tool_definition_changes_total',
    'Tools whose definition differs from their pin, by the policy that applies: warn or quarantine; map for ' +
      'those that differ from the digest in the signed map, and are held back.',
    'policy',
  ),
  registryFlush: histogram(
    SECONDS,
    'mcp_registry_flush_duration_seconds',
    'Duration of a flush of the registry: until all is durable and in the file.',
    'outcome',
  ),
  registryCommit: histogram(
    SECONDS,
    'mcp_registry_commit_duration_seconds',
    'Duration of a commit of the registry, which gathers what was changed meanwhile.',
    'outcome',
  ),
  registryCommitted: counter(
    'mcp_registry_changes_total',
    'Changes of the registry, by what became of their commit.',
    'outcome',
  ),
  registryBatch: histogram(COUNTS, 'mcp_registry_commit_batch_size', 'Changes in a commit of the registry.'),
  registryQueue: gauge('mcp_registry_queue_length', 'Changes of the registry that wait to be durable.'),
  registryBehind: gauge(
    'mcp_registry_export_age_seconds',
    'For how long servers.json has been behind the store; 0 while it is level. The worst of all registries.',
  ),
  loopDelay: gauge(
    'mcp_event_loop_delay_seconds',
    'Delay of the main event loop since the last scrape: 0.5, 0.99 and 1 (the maximum).',
    'quantile',
  ),
  ...FLEET_INSTRUMENTS,
} as const satisfies Record<string, InstrumentEntry>;

/** Connectors with a label value of their own; the rest share `other`. */
export const MAX_CONNECTOR_LABELS = 200;

import { FLEET_INSTRUMENTS } from './fleet-instruments.ts';
import { counter, gauge, histogram, type InstrumentEntry } from './instrument-entry.ts';

/** Upper bounds of the buckets for durations, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Upper bounds of the buckets for the number of changes in a commit. */
const COUNTS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/**
 * The definitions of all metrics of this package. Their names are part of the API. A gauge without the label
 * `connector` is the sum over all managers of the process.
 */
export const INSTRUMENTS = {
  connectorUp: gauge(
    'mcp_connector_up',
    'Whether a connector is connected: 1 or 0. Not recorded for connectors beyond the label limit.',
    'connector',
  ),
  proxyUp: gauge(
    'brainwav_mcp_connector_proxy_up',
    'Former name of mcp_connector_up. It will be removed in the next minor version.',
    'connector',
  ),
  connectors: gauge('mcp_connectors', 'Connectors by state.', 'state'),
  transitions: counter('mcp_connector_transitions_total', 'State changes of connectors.', 'from', 'to'),
  connectorFailures: counter(
    'mcp_connector_failures_total',
    'Failed connection attempts and lost connections, by error code.',
    'code',
  ),
  droppedDefinitions: counter(
    'mcp_connector_dropped_definitions_total',
    'Connector definitions left out of lists, each counted once, by kind (tool, prompt, resource, template) ' +
      'and reason: not-an-object, name, duplicate, too-deep, too-large, headers, input-schema or arguments.',
    'kind',
    'reason',
  ),
  strayMessages: counter(
    'mcp_connector_stray_messages_total',
    'Messages of connectors that were ignored: invalid messages, and responses with an unknown or repeated id.',
  ),
  logins: gauge(
    'mcp_connector_logins',
    'Connectors that have or require a login, by state: logged-in, none, lost. Summed over all managers of the ' +
      'process.',
    'state',
  ),
  loginOutcomes: counter(
    'mcp_logins_total',
    'Logins by outcome: done, failed, expired (the redirect came too late or twice), lost (the issuer refused ' +
      'the refresh) or logged-out.',
    'outcome',
  ),
  loginRefreshes: counter(
    'mcp_login_refreshes_total',
    'Token refreshes by outcome: refreshed, shared (another process had refreshed it), failed (retried later) ' +
      'or lost.',
    'outcome',
  ),
  syncDuration: histogram(
    SECONDS,
    'mcp_connector_sync_duration_seconds',
    'Duration of sync(), including its connectors.',
    'outcome',
  ),
  callDuration: histogram(
    SECONDS,
    'mcp_tool_call_duration_seconds',
    'Duration of tool calls by outcome: ok, tool-error (the tool ran and failed) or error.',
    'connector',
    'outcome',
  ),
  gatewayRequests: histogram(
    SECONDS,
    'mcp_gateway_request_duration_seconds',
    'Duration of client requests to the gateway. Methods that only one protocol generation has are counted as other.',
    'method',
    'outcome',
  ),
  gatewayRefused: counter(
    'mcp_gateway_refused_total',
    'HTTP requests that the gateway refused before processing, by status: 401, 403, 404, 503.',
    'status',
  ),
  gatewayClients: gauge(
    'mcp_gateway_clients',
    'Resources that clients have open at the gateway: sessions, requests, held calls.',
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
    'Refresh attempts of the service map by outcome (loaded, unchanged or failed) and by error code, or none.',
    'outcome',
    'code',
  ),
  alarms: counter(
    'mcp_service_map_alarms_total',
    'Events of service maps that need human attention, by code: suspicious maps (MAP_EQUIVOCATED, ' +
      'MAP_MASS_REMOVAL), aging maps (MAP_EXPIRED), dropped maps (MAP_TOO_STALE, MAP_KEY_REVOKED), and key ' +
      'documents that were not trusted (KEYS_UNTRUSTED, KEYS_ROLLED_BACK).',
    'code',
  ),
  unusableEntries: gauge(
    'mcp_service_map_unusable_entries',
    'Entries of the current service maps that are left out because this host cannot or must not do what they ' +
      'require.',
  ),
  staleness: gauge(
    'mcp_service_map_stale_seconds',
    'Time since the current service map expired; 0 while it is fresh. The maximum of all managers.',
  ),
  expiry: gauge(
    'mcp_service_map_expires_in_seconds',
    'Seconds until the current service map expires; negative afterwards. The minimum of all managers.',
  ),
  mapAge: gauge(
    'mcp_service_map_age_seconds',
    'Age of the current service map since it was generated. The maximum of all managers.',
  ),
  keyExpiry: gauge(
    'mcp_service_map_key_expires_in_seconds',
    'Seconds until the first signing key of the current service map expires; negative afterwards. The minimum ' +
      'of all managers; absent if no such key expires.',
  ),
  keyDocumentExpiry: gauge(
    'mcp_service_map_key_document_expires_in_seconds',
    'Seconds until the newest key document expires; negative afterwards. The minimum of all managers; absent ' +
      'without a key document.',
  ),
  keyDocumentsFailing: gauge(
    'mcp_service_map_key_documents_failing',
    'Sources whose newer key documents could not be read or were not trusted at the last refresh.',
  ),
  hmacOnly: gauge(
    'mcp_service_map_hmac_only',
    'Current service maps that are signed only by an HMAC although public keys are configured.',
  ),
  circuits: gauge(
    'mcp_service_map_circuits',
    'Sources of service maps by circuit state: closed, half-open, open.',
    'state',
  ),
  fleetFallback: counter(
    'mcp_fleet_fallback_total',
    'Fetches of a service map by a host of a fleet from the source itself. Reasons: guard (no newer map for a ' +
      'long time), refused (the map of the fleet failed verification), alone (no news from the fleet).',
    'reason',
  ),
  fleetAudits: counter(
    'mcp_fleet_audits_total',
    'Random comparisons of the source with the map of the fleet, by result: same, different or failed.',
    'result',
  ),
  poolQueue: gauge('mcp_load_pool_queue_length', 'Loads that wait for a worker thread.'),
  threadsLost: counter(
    'mcp_worker_threads_lost_total',
    'Worker threads that failed a load because they exited, hung or did not respond.',
  ),
  toolChanges: counter(
    'mcp_tool_definition_changes_total',
    'Tools whose definition changed, by policy. warn or quarantine: the definition differs from the pin. map: the ' +
      'definition differs from the digest in the signed map, and the tool is held back.',
    'policy',
  ),
  registryFlush: histogram(
    SECONDS,
    'mcp_registry_flush_duration_seconds',
    'Duration of a registry flush, until all changes are durable and written to the file.',
    'outcome',
  ),
  registryCommit: histogram(
    SECONDS,
    'mcp_registry_commit_duration_seconds',
    'Duration of a registry commit, which includes all changes since the previous one.',
    'outcome',
  ),
  registryCommitted: counter(
    'mcp_registry_changes_total',
    'Changes of the registry by the outcome of their commit.',
    'outcome',
  ),
  registryBatch: histogram(COUNTS, 'mcp_registry_commit_batch_size', 'Changes in each commit of the registry.'),
  registryQueue: gauge('mcp_registry_queue_length', 'Changes of the registry that wait to become durable.'),
  registryBehind: gauge(
    'mcp_registry_export_age_seconds',
    'Time that servers.json has been behind the store; 0 while it is current. The maximum of all registries.',
  ),
  loopDelay: gauge(
    'mcp_event_loop_delay_seconds',
    'Delay of the main event loop since the last scrape: quantiles 0.5, 0.99 and 1 (the maximum).',
    'quantile',
  ),
  ...FLEET_INSTRUMENTS,
} as const satisfies Record<string, InstrumentEntry>;

/**
 * Maximum number of connectors that have their own value of the label `connector`. All others share the value `other`.
 */
export const MAX_CONNECTOR_LABELS = 200;

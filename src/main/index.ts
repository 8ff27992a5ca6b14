export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from '../shared/error-codes.ts';
export { ConnectorManifestError, type ErrorDetail, SwitchyardError } from '../shared/errors.ts';
export {
  type VerifiedServiceMap,
  type VerifyServiceMapOptions,
  verifyServiceMap,
} from '../shared/load/verify-service-map.ts';
export type { ConnectorAuth, ConnectorEntry, RemoteTool, ServiceMapHeader } from '../shared/map/service-map.ts';
export {
  canonicalizeServiceMapPayload,
  createServiceMapSignature,
  verifyServiceMapSignature,
} from '../shared/map/signature.ts';
export type { LoadPhases, LoadReport } from '../shared/protocol/thread-messages.ts';
export { type SignServiceMapOptions, signServiceMap } from '../shared/signatures/sign-service-map.ts';
export type { AcceptPolicy, MapSigner, MapSigners, SignatureAlgorithm } from '../shared/signatures/trust.ts';
export type { CallToolOptions, RequestOptions } from './connectors/calls/call-options.ts';
export type { ConnectionFacts, RequestTraffic, ResultSink } from './connectors/connection/connection.ts';
export type { ConnectorState } from './connectors/connector-state.ts';
export type { ConnectorStatus } from './connectors/connector-status.ts';
export type { LoginSummary, StartedLogin, StartLoginOptions } from './connectors/credentials/logins/login-service.ts';
export { RemoteToolProxy } from './connectors/replaced-api/remote-tool-proxy.ts';
export type { ProxiedTool, RemoteToolProxyOptions } from './connectors/replaced-api/remote-tool-proxy-options.ts';
export type { FleetHostStatus, FleetStatus } from './fleet/fleet-status.ts';
export type { AgentLike } from './http/agent-check.ts';
export type { ConfigProblem } from './local-config/config-problem.ts';
export type { LocalConfigStatus, LocalServerPlace } from './local-config/local-source.ts';
export type { ReadyOptions } from './manager/await-ready.ts';
export { ConnectorProxyManager } from './manager/connector-proxy-manager.ts';
export type { ConnectorChange, ConnectorNotification, ManagerEvents, SnapshotChange } from './manager/events.ts';
export {
  type LoadedServiceMap,
  type LoadServiceMapOptions,
  type LoadServiceMapOptions as ConnectorServiceMapOptions,
  type LoadSignedMapOptions,
  loadConnectorServiceMap,
} from './manager/load-connector-service-map.ts';
export type {
  ConnectorView,
  ListedConnector,
  ManagerStatus,
  MemoryStatus,
  StaleTools,
} from './manager/manager-status.ts';
export type { DefinitionKind, DroppedDefinition, DropReason } from './mcp/definitions/definition.ts';
export type { ConnectorRequest, HostSide } from './mcp/host-side.ts';
export type { ToolProgress, ToolResult } from './mcp/tool-result.ts';
export { getConnectorMetricsRegistry } from './observability/instruments.ts';
export type { Logger } from './observability/logger.ts';
export { type ConnectorFeatureFlags, parseConnectorFeatureFlags } from './options/feature-flags.ts';
export type { FleetOptions } from './options/fleet-options.ts';
export type {
  ConnectorOAuth,
  CreateProxy,
  RemoteProxy,
  RemoteProxyConfig,
  ToolDescriptor,
  ToolRegistry,
} from './options/host-interfaces.ts';
export type {
  ConnectorProxyManagerOptions,
  LocalManagerOptions,
  ManagerOptions,
  RegistryManagerOptions,
  ServerRegistryOption,
  SignedMapManagerOptions,
  SourcesManagerOptions,
} from './options/manager-options.ts';
export type { ServiceMapSourceOptions, SignedMapSourceOptions } from './options/map-options.ts';
export type { ProxyOptions, TlsOptions } from './options/network-options.ts';
export type { PinPolicy } from './options/option-checks.ts';
export type { Secret } from './options/secrets.ts';
export type { JsonWebKeySet, KeySetSource } from './options/trust/key-set-source.ts';
export type { HmacKeys, KeyDocumentSource, TrustOptions } from './options/trust/trust-options.ts';
export type { RegistryProblem } from './registry/registered-server.ts';
export type { RegistryStatus } from './registry/registry-source.ts';
export { ManifestCache } from './service-map/manifest-cache.ts';
export { RefreshScheduler, type RefreshSchedulerOptions } from './service-map/refresh/refresh-scheduler.ts';
export type { ServiceMapStatus } from './service-map/service-map-status.ts';
export type { DroppedMap, KeysStatus, SignedBy, SignerStatus } from './service-map/trust/map-trust-status.ts';
export { setWorkersFolder } from './threads/worker-url.ts';
export type { HeldBackTool } from './tools/tool-approvals.ts';
export type { ToolInfo } from './tools/tool-info.ts';
export type { ToolProvenance } from './tools/tool-intake.ts';
export type { ChangedTool } from './tools/tool-pins.ts';
export type { ToolChange } from './tools/tool-store.ts';

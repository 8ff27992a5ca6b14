export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from '../shared/error-codes.ts';
export { ConnectorManifestError, type ErrorDetail, SwitchyardError } from '../shared/errors.ts';
export type { LoadPhases, LoadReport } from '../shared/protocol.ts';
export type { ConnectorAuth, ConnectorEntry, RemoteTool, ServiceMapHeader } from '../shared/service-map.ts';
export {
  canonicalizeServiceMapPayload,
  createServiceMapSignature,
  verifyServiceMapSignature,
} from '../shared/signature.ts';
export { ConnectorProxyManager } from './connector-proxy-manager.ts';
export type { ReadyOptions } from './connectors/await-ready.ts';
export type {
  ConnectionFacts,
  ConnectorOAuth,
  RequestTraffic,
  ResultSink,
  ToolProgress,
  ToolResult,
} from './connectors/connection.ts';
export type { ConnectorState } from './connectors/connector-state.ts';
export type { ConnectorStatus } from './connectors/connector-status.ts';
export type { ConnectorRequest, HostSide } from './connectors/host-side.ts';
export type { CreateProxy, RemoteProxy, RemoteProxyConfig } from './connectors/proxy-connection.ts';
export { RemoteToolProxy } from './connectors/remote-tool-proxy.ts';
export type { ProxiedTool, RemoteToolProxyOptions } from './connectors/remote-tool-proxy-options.ts';
export type { CallToolOptions, RequestOptions } from './connectors/tool-call.ts';
export type { ConnectorChange, ConnectorNotification, ManagerEvents, SnapshotChange } from './events.ts';
export { type ConnectorFeatureFlags, parseConnectorFeatureFlags } from './feature-flags.ts';
export type { AgentLike } from './http/agent-check.ts';
export type { ProxyOptions, TlsOptions } from './http/network-options.ts';
export type { ConfigProblem } from './local-config/config-problem.ts';
export type { LocalConfigStatus } from './local-config/local-source.ts';
export type { Logger } from './logger.ts';
export type {
  ConnectorView,
  ListedConnector,
  ManagerStatus,
  MemoryStatus,
  ServiceMapStatus,
  StaleTools,
} from './manager-status.ts';
export { getConnectorMetricsRegistry } from './metrics/instruments.ts';
export type {
  ConnectorProxyManagerOptions,
  LocalManagerOptions,
  ManagerOptions,
  RegistryManagerOptions,
  ServerRegistryOption,
  SourcesManagerOptions,
} from './options.ts';
export type { RegistryProblem } from './registry/registered-server.ts';
export type { RegistryStatus } from './registry/registry-source.ts';
export type { Secret } from './secrets.ts';
export {
  type LoadedServiceMap,
  type LoadServiceMapOptions,
  type LoadServiceMapOptions as ConnectorServiceMapOptions,
  loadConnectorServiceMap,
} from './service-map/load-connector-service-map.ts';
export { ManifestCache } from './service-map/manifest-cache.ts';
export type { ServiceMapSourceOptions } from './service-map/map-options.ts';
export { RefreshScheduler, type RefreshSchedulerOptions } from './service-map/refresh-scheduler.ts';
export type { ToolInfo } from './snapshot/tool-info.ts';
export type { ToolChange, ToolDescriptor, ToolRegistry } from './snapshot/tool-store.ts';
export type { ToolProvenance } from './warm-start/tool-intake.ts';
export type { ChangedTool, PinPolicy } from './warm-start/tool-pins.ts';

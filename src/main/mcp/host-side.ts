import { PACKAGE_VERSION } from '../../shared/package-version.ts';

/** A request of a connector to the host: sampling, elicitation or roots (MCP, client features). */
export interface ConnectorRequest {
  readonly connectorId: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborts when the connector no longer waits for the response. */
  readonly signal: AbortSignal;
}

/** The host's side of a connection: its capabilities for connectors, and how it answers their requests. */
export interface HostSide {
  /** `ClientCapabilities` of MCP; empty for a host that only calls tools. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Answers a request. A rejection is sent as an error, with its `code` if that is an integer. */
  readonly answer: (request: ConnectorRequest) => Promise<Readonly<Record<string, unknown>>>;
  /**
   * Value that the host itself sends under {@link INSTANCE_KEY}, if it is also a server. A connector with the same
   * value is the host itself.
   */
  readonly instanceId?: string;
}

/** Member of `_meta` in the handshake response by which a server recognizes itself. */
export const INSTANCE_KEY = 'mcp-switchyard/instance';

/** Requests that a connector may send to a host, each with the capability that the host must have declared. */
export const HOST_METHODS = [
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
] as const;

/** Returns the methods that this host answers. */
export function answeredMethods({
  capabilities,
}: Pick<HostSide, 'capabilities'>): readonly (typeof HOST_METHODS)[number][0][] {
  return HOST_METHODS.filter(([, capability]) => Object.hasOwn(capabilities, capability)).map(([method]) => method);
}

/** Host side of a host that only calls tools. */
export const TOOLS_ONLY: HostSide = {
  capabilities: {},
  answer: () => Promise.reject(new Error('This host answers no requests')),
};

/** Identity of this client for connectors (MCP, `clientInfo`). */
export const CLIENT_INFO = { name: 'mcp-switchyard', version: PACKAGE_VERSION };

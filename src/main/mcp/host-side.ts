import { PACKAGE_VERSION } from '../../shared/package-version.ts';

/** A request from a connector to the host: sampling, elicitation or roots (MCP, client features). */
export interface ConnectorRequest {
  readonly connectorId: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborts when the connector no longer waits for a response to the request. */
  readonly signal: AbortSignal;
}

/** What a host offers to its connectors: its MCP client capabilities, and a function that answers their requests. */
export interface HostSide {
  /** The `ClientCapabilities` of MCP; empty for a host that only calls tools. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /**
   * Answers a request of a connector. If the promise rejects, the connector gets a JSON-RPC error, with the `code` of
   * the rejection if it is an integer.
   */
  readonly answer: (request: ConnectorRequest) => Promise<Readonly<Record<string, unknown>>>;
  /**
   * The value that the host sends under {@link INSTANCE_KEY} as a server; absent if it is not a server. If a connector
   * sends the same value, the host is connected to itself.
   */
  readonly instanceId?: string;
}

/**
 * Member of `_meta` in the handshake response. It identifies an instance of this package, so that the instance notices
 * if it is connected to itself.
 */
export const INSTANCE_KEY = 'mcp-switchyard/instance';

/** Requests that a connector may send to a host, each with the capability that the host must have declared for it. */
export const HOST_METHODS = [
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
] as const;

/** Returns the methods of {@link HOST_METHODS} that a host with these capabilities answers. */
export function answeredMethods({
  capabilities,
}: Pick<HostSide, 'capabilities'>): readonly (typeof HOST_METHODS)[number][0][] {
  return HOST_METHODS.filter(([, capability]) => Object.hasOwn(capabilities, capability)).map(([method]) => method);
}

/** The host side of a host that only calls tools. It has no capabilities and answers no requests. */
export const TOOLS_ONLY: HostSide = {
  capabilities: {},
  answer: () => Promise.reject(new Error('This host does not answer requests from servers')),
};

/** Name and version that this package sends to servers (`clientInfo` of MCP). */
export const CLIENT_INFO = { name: 'mcp-switchyard', version: PACKAGE_VERSION };

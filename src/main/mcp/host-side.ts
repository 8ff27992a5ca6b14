import { PACKAGE_VERSION } from '../../shared/package-version.ts';

/** What a connector asks of the host: sampling, elicitation, roots (MCP, client features). */
export interface ConnectorRequest {
  readonly connectorId: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborts when the connector no longer waits for the answer. */
  readonly signal: AbortSignal;
}

/** The host's side of a connection: what it can do for connectors, and how it answers them. */
export interface HostSide {
  /** As MCP's `ClientCapabilities`; empty for a host that only calls tools. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** Answers a request. What it rejects with is sent as an error, with its `code` where that is a whole number. */
  readonly answer: (request: ConnectorRequest) => Promise<Readonly<Record<string, unknown>>>;
  /**
   * Of a host that is a server itself: what that server says under {@link INSTANCE_KEY}. A connector that says the
   * same is the host.
   */
  readonly instanceId?: string;
}

/** The member of `_meta`, in what a handshake answers, by which a server knows itself. */
export const INSTANCE_KEY = 'mcp-switchyard/instance';

/** What a connector may ask of a host, each with the capability that the host must have declared. */
export const HOST_METHODS = [
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
] as const;

/** The methods that this host answers. */
export function answeredMethods({
  capabilities,
}: Pick<HostSide, 'capabilities'>): readonly (typeof HOST_METHODS)[number][0][] {
  return HOST_METHODS.filter(([, capability]) => Object.hasOwn(capabilities, capability)).map(([method]) => method);
}

/** The side of a host that only calls tools. */
export const TOOLS_ONLY: HostSide = {
  capabilities: {},
  answer: () => Promise.reject(new Error('This host answers no requests')),
};

/** How this client names itself to connectors (MCP, `clientInfo`). */
export const CLIENT_INFO = { name: 'mcp-switchyard', version: PACKAGE_VERSION };

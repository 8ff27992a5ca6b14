export { Gateway, type GatewayOptions } from './gateway.ts';
export type { ReadyFor } from './http/health.ts';
export { DEFAULT_LIMITS, DEFAULT_PORT, type ListenerLimits } from './http/limits.ts';
export { type Listener, type ListenerOptions, listenHttp } from './http/listener.ts';
export { createGatewayHost, type GatewayHost } from './protocol/gateway-host.ts';
export { createStdioLogins, type StdioLogins, type StdioLoginsOptions } from './stdio/login-listener.ts';
export type { StdioOptions } from './stdio/stdio-client.ts';
export { serveStdio } from './stdio/stdio-listener.ts';

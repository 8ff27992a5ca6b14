import { PACKAGE_VERSION } from '../../shared/package-version.ts';

/** What connectors are told about this client (MCP, `clientInfo`). */
export const CLIENT_INFO = { name: 'mcp-switchyard', version: PACKAGE_VERSION };

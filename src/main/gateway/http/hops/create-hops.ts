import type { Logger } from '../../../observability/logger.ts';
import type { Gateway } from '../../gateway.ts';
import type { LoginDesk } from '../../login/login-desk.ts';
import type { LoginSite } from '../../login/login-site.ts';
import type { SessionSharing } from '../../replicas/sessions/session-sharing.ts';
import type { McpEndpointDeps } from '../mcp/mcp-endpoint.ts';
import { pathOf, viewAt } from '../view-at.ts';
import { HopEndpoint } from './hop-endpoint.ts';
import { createLoginHop } from './login-hops.ts';
import { createRetryHop } from './retry-hops.ts';
import { createSessionHops } from './session-hops.ts';

export interface HopParts {
  readonly gateway: Gateway;
  readonly endpoint: McpEndpointDeps;
  readonly sharing: SessionSharing | null;
  readonly desk: LoginDesk;
  readonly logins: LoginSite;
  readonly logger: Logger;
}

/** Creates the endpoint for hops, which are requests from other replicas. Returns null without a fleet. */
export function createHops({ gateway, endpoint, sharing, desk, logins, logger }: HopParts): HopEndpoint | null {
  const { fleet } = gateway;
  if (fleet === null) return null;
  const { maxBodyBytes, bodies } = endpoint;
  const viewOf = async (target: string) => {
    const path = pathOf(target);
    return path === undefined ? undefined : await viewAt(gateway, path);
  };
  return new HopEndpoint({
    ...{ fleet, logger, maxBodyBytes, bodies },
    handlers: {
      ...createSessionHops(endpoint.sessions, (id) => sharing?.heardEnd(id)),
      retry: createRetryHop({ endpoint, logins: desk, viewAt: viewOf }),
      login: createLoginHop(logins),
    },
  });
}

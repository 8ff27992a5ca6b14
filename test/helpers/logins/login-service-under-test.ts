import type { Challenge } from '../../../src/main/connectors/credentials/credentials.ts';
import type { LoginTarget } from '../../../src/main/connectors/credentials/login-target.ts';
import {
  createLoginService,
  type LoginServiceDeps,
} from '../../../src/main/connectors/credentials/logins/create-login-service.ts';
import type { LoginService } from '../../../src/main/connectors/credentials/logins/login-service.ts';
import { MemoryLogins } from '../../../src/main/state-dir/memory-logins.ts';
import { systemSleep } from '../../../src/shared/clock.ts';
import type { OAuthSettings } from '../../../src/shared/map/oauth-settings.ts';
import { recordingLogger } from '../log.ts';
import { ScriptedIssuer } from './scripted-protocol.ts';

export const REDIRECT_URL = 'http://127.0.0.1:9/callback';

/** Creates the login target of a connector. */
export function targetOf(connectorId: string, oauth: OAuthSettings | null = null): LoginTarget {
  const url = new URL(`https://${connectorId}.test/mcp`);
  return { connectorId, url, oauth, clientSecret: () => null, privateKey: () => null, isLocal: false };
}

/** Creates the challenge of a server that refuses a request to this target. */
export function challengeOf(
  target: LoginTarget,
  status: 401 | 403 = 401,
  wwwAuthenticate: string | null = 'Bearer',
): Challenge {
  return { status, wwwAuthenticate, dpopNonce: null, url: target.url, resends: 0, method: 'POST' };
}

/** Creates a login service with a store and an issuer in memory, which uses the clock and timers of the test. */
export function serviceUnderTest(
  over: Partial<LoginServiceDeps> = {},
  shared?: { store: MemoryLogins; issuer: ScriptedIssuer },
) {
  const logger = recordingLogger();
  const now = (): number => Date.now();
  const issuer = shared?.issuer ?? new ScriptedIssuer(now);
  const store = shared?.store ?? new MemoryLogins({ now });
  let sent = 0;
  const service = createLoginService({
    ...{ store, logger, now, leaseNow: now, protocol: issuer.load },
    fetchOf: () => async () => {
      sent += 1;
      return new Response(null);
    },
    random: { next: () => 0.5 },
    sleep: systemSleep,
    isWanted: () => true,
    ...over,
  });
  const told: string[] = [];
  service.onChange((connectorIds) => void told.push(...connectorIds));
  return { service, issuer, store, lines: logger.lines, told, sent: () => sent };
}

/** Logs in to a connector, without a browser. */
export async function logInTo(service: LoginService, target: LoginTarget): Promise<void> {
  const { state } = await service.start(target, { redirectUrl: REDIRECT_URL });
  await service.finish(new URLSearchParams({ state, code: 'a code', iss: 'https://issuer.test' }));
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoginCli } from '../../../helpers/logins/login-cli.ts';

let world: LoginCli;
beforeAll(async () => {
  world = await LoginCli.start({ servers: { github: {} } });
});
afterAll(() => world[Symbol.asyncDispose]());

describe('an unknown connector', { timeout: 60_000 }, () => {
  it.each(['login', 'status', 'logout'])(
    '`auth %s` suggests a similar connector id if the given id is unknown',
    async (command) => {
      const { code, stdout, stderr } = await world.run(['auth', command, 'gihtub']);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/CONNECTOR_UNKNOWN: There is no connector gihtub\. Did you mean github\?/);
      expect(world.issuer.tokenRequests).toEqual([]);
    },
  );
});

import { describe, expect, it } from 'vitest';
import {
  failureLine,
  failureOf,
  printable,
  printableJson,
  remedyOf,
} from '../../../../src/main/cli/terminal/output.ts';
import { ERROR_CODES } from '../../../../src/shared/error-codes.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

describe('printed error', () => {
  it('a printed error contains the code, the message and the remedy', () => {
    expect(failureOf(new SwitchyardError('MAP_DNS', 'no such host'))).toMatchObject({
      code: 'MAP_DNS',
      message: 'no such host',
      remedy: ERROR_CODES.MAP_DNS.remedy,
    });
  });

  it('a printed error contains its cause, and the remedy of the cause', () => {
    const cause = new SwitchyardError('MAP_DNS', 'no such host');
    expect(failureOf(new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'one is down', { cause }))).toMatchObject({
      code: 'CONNECTOR_CONNECT_FAILED',
      message: 'one is down: MAP_DNS: no such host',
      remedy: ERROR_CODES.MAP_DNS.remedy,
    });
  });

  it('a printed error omits a cause whose text is already part of the message', () => {
    const cause = new SwitchyardError('MAP_DNS', 'no such host');
    const error = new SwitchyardError('MAP_DNS', 'The map failed: no such host', { cause });
    expect(failureOf(error).message).toBe('The map failed: no such host');
  });

  it('an error without a code is printed with the code INTERNAL', () => {
    expect(failureOf(new Error('boom'))).toMatchObject({ code: 'INTERNAL', message: 'boom' });
  });

  it('the remedy of a printed error names a command that the user can run unchanged', () => {
    const { remedy } = failureOf(new SwitchyardError('TOOL_CHANGED', 'changed'));
    expect(remedy).toContain('src/main/cli/bin.ts tools diff`');
    expect(remedy).not.toContain('`mcp-switchyard');
  });

  it('the remedy of a printed error names the login command of the connector', () => {
    const detail = { connectorId: 'crm' };
    const { remedy } = failureOf(
      new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'Connector crm wants a login', { detail }),
    );
    expect(remedy).toMatch(/^Run `\S+ \S*bin\.ts auth login crm`\.$/);
  });

  it.each([
    ['LOGIN_SECRET_MISSING', '`--allow-env NAME`'],
    ['MAP_SIGNATURE_UNTRUSTED', '`--keys`'],
    ['MAP_SIGNATURE_DOWNGRADED', '`--accept hmac`'],
    ['MAP_ID_MISMATCH', '`--map-id`'],
    ['MAP_TOO_STALE', '`--max-stale`'],
  ] as const)('the printed error %s names the flag %s in its remedy, not the library option', (code, flag) => {
    expect(failureOf(new SwitchyardError(code, 'refused')).remedy).toContain(flag);
  });

  it('a printed error omits a cause that has the same text as the message', () => {
    const cause = new SwitchyardError('KEYS_UNAVAILABLE', 'no such file');
    expect(failureOf(new SwitchyardError('KEYS_UNAVAILABLE', 'no such file', { cause })).message).toBe('no such file');
  });

  it('an error is printed in one line, without a remedy if its code is `OPTIONS_INVALID`', () => {
    const failure = { code: 'MAP_DNS', message: 'a\nb', remedy: 'Do it.', detail: {} };
    expect(failureLine(failure)).toBe('MAP_DNS: a b. Do it.');
    expect(failureLine({ ...failure, code: 'OPTIONS_INVALID', message: 'Give it!' })).toBe('OPTIONS_INVALID: Give it!');
  });
});

describe('error that a login would fix', () => {
  const message = 'Connector linear wants a login at https://issuer.example: run `mcp-switchyard auth login linear`.';
  const needed = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', message, { detail: { connectorId: 'linear' } });

  it('an error that a login would fix explains exactly once how to log in', () => {
    const line = failureLine(failureOf(needed));
    expect(line).toMatch(/^CONNECTOR_LOGIN_NEEDED: .*: run `.*auth login linear`\.$/);
    expect(line.match(/auth login/g)).toHaveLength(1);
  });

  it.each(['CONNECTOR_REFUSED', 'CONNECTOR_LOGIN_NEEDED'] as const)(
    'the remedy of %s names the login command, and never mentions an API key',
    (code) => {
      expect(`${ERROR_CODES[code].meaning} ${ERROR_CODES[code].remedy}`).not.toMatch(/connectorsApiKey|connectors-key/);
      expect(remedyOf(code)).toMatch(/ auth login CONNECTOR`/);
    },
  );

  it('the remedy of `CONNECTOR_AUTH_MISSING` names the flag for the API key', () => {
    expect(remedyOf('CONNECTOR_AUTH_MISSING')).toContain('`--connectors-key-env`');
  });
});

describe('printable', () => {
  it('printable() removes color codes, and replaces other control and text direction characters by spaces', () => {
    expect(printable('a\u001b[31mb\u001b[0m\r\nc\u202ed\u2028e')).toBe('ab c d e');
  });
});

describe('printableJson', () => {
  it('printableJson() escapes terminal control characters without changing the JSON value', () => {
    const document = { kid: 'a\u001b[2J\u009b2J\u202e\u2028\u007f\u{e0001}é' };
    const text = printableJson(document);
    expect(text).toMatch(/^[^\p{Cf}\u007f-\u009f\u2028]*$/u);
    expect(text).toContain('é');
    expect(JSON.parse(text)).toEqual(document);
  });
});

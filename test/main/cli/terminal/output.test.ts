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
  it('a printed error contains the code, message, remedy and detail', () => {
    expect(failureOf(new SwitchyardError('MAP_DNS', 'no such host'))).toMatchObject({
      code: 'MAP_DNS',
      message: 'no such host',
      remedy: ERROR_CODES.MAP_DNS.remedy,
    });
  });

  it('a printed error contains the cause and its remedy', () => {
    const cause = new SwitchyardError('MAP_DNS', 'no such host');
    expect(failureOf(new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'one is down', { cause }))).toMatchObject({
      code: 'CONNECTOR_CONNECT_FAILED',
      message: 'one is down: MAP_DNS: no such host',
      remedy: ERROR_CODES.MAP_DNS.remedy,
    });
  });

  it('a printed error omits a cause that is part of the message', () => {
    const cause = new SwitchyardError('MAP_DNS', 'no such host');
    const error = new SwitchyardError('MAP_DNS', 'The map failed: no such host', { cause });
    expect(failureOf(error).message).toBe('The map failed: no such host');
  });

  it('an error without a code is printed with the code INTERNAL', () => {
    expect(failureOf(new Error('boom'))).toMatchObject({ code: 'INTERNAL', message: 'boom' });
  });

  it('the remedy of a printed error names a command that works as typed', () => {
    const { remedy } = failureOf(new SwitchyardError('TOOL_CHANGED', 'changed'));
    expect(remedy).toContain('src/main/cli/bin.ts tools diff`');
    expect(remedy).not.toContain('`mcp-switchyard');
  });

  it('the remedy of a printed error names the login command of the connector, and no library call', () => {
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

  it('a printed error is one line, and a message about an option contains its own remedy', () => {
    const failure = { code: 'MAP_DNS', message: 'a\nb', remedy: 'Do it.', detail: {} };
    expect(failureLine(failure)).toBe('MAP_DNS: a b. Do it.');
    expect(failureLine({ ...failure, code: 'OPTIONS_INVALID', message: 'Give it!' })).toBe('OPTIONS_INVALID: Give it!');
  });
});

describe('printed error that a login fixes', () => {
  const message = 'Connector linear wants a login at https://issuer.example: run `mcp-switchyard auth login linear`.';
  const needed = new SwitchyardError('CONNECTOR_LOGIN_NEEDED', message, { detail: { connectorId: 'linear' } });

  it('a printed error that a login fixes explains once how to log in, with a command that works as typed', () => {
    const line = failureLine(failureOf(needed));
    expect(line).toMatch(/^CONNECTOR_LOGIN_NEEDED: .*: run `.*auth login linear`\.$/);
    expect(line.match(/auth login/g)).toHaveLength(1);
  });

  it.each(['CONNECTOR_REFUSED', 'CONNECTOR_LOGIN_NEEDED'] as const)(
    'a printed error that a login fixes never mentions connectorsApiKey (%s)',
    (code) => {
      expect(`${ERROR_CODES[code].meaning} ${ERROR_CODES[code].remedy}`).not.toMatch(/connectorsApiKey|connectors-key/);
      expect(remedyOf(code)).toMatch(/ auth login CONNECTOR`/);
    },
  );

  it('a printed error names the flag for the API key if the entry requires an API key', () => {
    expect(remedyOf('CONNECTOR_AUTH_MISSING')).toContain('`--connectors-key-env`');
  });
});

describe('printable', () => {
  it('printable() removes colours, and replaces control and direction characters by a space', () => {
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

import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { askForRedirect, parseRedirect, readLines } from '../../../../../src/main/cli/commands/auth/read-redirect.ts';

const EXPECTED = {
  redirectUrl: 'http://127.0.0.1:5000/callback',
  authorizationUrl: 'https://issuer.example/authorize?state=s1&client_id=c',
  state: 's1',
};
const GOOD = `${EXPECTED.redirectUrl}?code=abc&state=s1`;

function codeIn(pasted: string): string | null {
  const read = parseRedirect(pasted, EXPECTED);
  return typeof read === 'string' ? read : read.get('code');
}

describe('pasted redirect URL', () => {
  it.each([
    ['unchanged', GOOD],
    ['with blanks around it', `  \t${GOOD}  `],
    ['with a carriage return', `${GOOD}\r`],
    ['in double quotes', ` "${GOOD}" `],
    ['in single quotes', `'${GOOD}'`],
    ['in angle brackets', `<${GOOD}>`],
    ['without http://, as browsers show it', GOOD.slice('http://'.length)],
    ['with a fragment', `${GOOD}#_=_`],
    ['as its query with a question mark', '?code=abc&state=s1'],
    ['as its query alone', 'state=s1&code=abc'],
    ['with its scheme in capitals', GOOD.replace('http', 'HTTP')],
  ])('a redirect URL is accepted if it is pasted %s', (_, pasted) => {
    expect(codeIn(pasted)).toBe('abc');
  });

  it('a pasted redirect URL is accepted if it reports that the user declined', () => {
    const read = parseRedirect(`${EXPECTED.redirectUrl}?error=access_denied&state=s1`, EXPECTED);
    expect(read).toBeInstanceOf(URLSearchParams);
  });

  it.each([
    ['the authorization URL', EXPECTED.authorizationUrl, 'That is the address to open'],
    ['a URL with another host', GOOD.replace('127.0.0.1', 'evil.example'), 'not the address of the redirect'],
    ['a URL with another port', GOOD.replace('5000', '5001'), 'not the address of the redirect'],
    ['an https URL', GOOD.replace('http:', 'https:'), 'not the address of the redirect'],
    ['a URL with another path', GOOD.replace('callback', 'other'), 'not the address of the redirect'],
    ['a bare code', 'abc', 'not the address of the redirect'],
    ['a URL without a query', EXPECTED.redirectUrl, 'no query'],
    ['a URL without a state', `${EXPECTED.redirectUrl}?code=abc`, 'no parameter state'],
    ['a URL with another state', GOOD.replace('s1', 's2'), 'belongs to another login'],
    ['a URL with two states', `${GOOD}&state=s2`, 'state more than once'],
    ['a URL without a code', `${EXPECTED.redirectUrl}?state=s1`, 'neither a code nor an error'],
    ['a line of 1 MiB', `${GOOD}&x=${'x'.repeat(1 << 20)}`, 'too long'],
  ])('a string pasted in place of a redirect URL is rejected with a reason if it is %s', (_, pasted, reason) => {
    expect(parseRedirect(pasted, EXPECTED)).toContain(reason);
  });
});

describe('prompt for the redirect URL', () => {
  const never = new AbortController().signal;
  const input = (): NodeJS.ReadStream & PassThrough => new PassThrough() as unknown as NodeJS.ReadStream & PassThrough;

  it('the prompt for a redirect URL says what is wrong with a pasted line, and then accepts a correct line', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const stdin = input();
      using lines = readLines(stdin, process.stderr);
      stdin.write(`\nhttps://evil.example/?code=abc&state=s1\n"${GOOD}"\n${GOOD.replace('s1', 's2')}\n`);
      expect((await askForRedirect(lines, EXPECTED, never)).get('code')).toBe('abc');
      expect((await askForRedirect(lines, { ...EXPECTED, state: 's2' }, never)).get('state')).toBe('s2');
      const text = said.mock.calls.map(([line]) => String(line)).join('');
      expect(text).toContain('not the address of the redirect');
      expect(text).not.toContain('abc');
    } finally {
      said.mockRestore();
    }
  });

  it('the prompt for a redirect URL accepts a URL that is longer than the line limit of a terminal', async () => {
    const stdin = Object.assign(input(), { isTTY: true });
    using lines = readLines(stdin as NodeJS.ReadStream, new PassThrough());
    stdin.write(`${GOOD}&session=${'x'.repeat(8_192)}\r`);
    expect((await askForRedirect(lines, EXPECTED, never)).get('code')).toBe('abc');
  });

  it('the prompt for a redirect URL fails if the input ends', async () => {
    const stdin = input();
    using lines = readLines(stdin, process.stderr);
    stdin.end();
    await expect(askForRedirect(lines, EXPECTED, never)).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
  });

  it('the prompt for a redirect URL accepts a last line without a line feed', async () => {
    const stdin = input();
    using lines = readLines(stdin, process.stderr);
    stdin.end(GOOD);
    expect((await askForRedirect(lines, EXPECTED, never)).get('code')).toBe('abc');
  });

  it('the prompt for a redirect URL ends when its signal aborts, with the reason of the signal', async () => {
    using lines = readLines(input(), process.stderr);
    const impatience = new AbortController();
    const asked = askForRedirect(lines, EXPECTED, impatience.signal);
    impatience.abort(new Error('too long'));
    await expect(asked).rejects.toThrow('too long');
  });
});

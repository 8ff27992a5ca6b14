import { describe, expect, it } from 'vitest';
import { assertTokens, isLoopback, tokenFault } from '../../../../src/main/gateway/http/access-tokens.ts';

describe('isLoopback', () => {
  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.7', false],
    ['127.example.com', false],
    ['127.1', false],
    ['::ffff:127.0.0.1', false],
    ['', false],
  ])('isLoopback() decides whether the host %j is loopback: %j', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('tokenFault', () => {
  it.each([
    ['', 'is empty'],
    [undefined, 'must be a string, but is undefined'],
    [null, 'must be a string, but is null'],
    [1234567890123456, 'must be a string, but is number'],
    [['x'.repeat(16)], 'must be a string, but is object'],
    ['fifteen-letters', 'has 15 characters; at least 16 are needed'],
    ['a-token-of-20-letters\n', 'begins or ends with white space or a line break, as the text of a file often does'],
    ['\ta-token-of-20-letters', 'begins or ends with white space or a line break, as the text of a file often does'],
    ['                    ', 'begins or ends with white space or a line break, as the text of a file often does'],
    ['a token of 20 letters', 'contains a character that is not visible ASCII'],
    ['a-token\u0000-of-20-letters', 'contains a character that is not visible ASCII'],
    ['schlüssel-mit-umlaut', 'contains a character that is not visible ASCII'],
    ['a-token-of-16-car', null],
  ])('tokenFault() checks the access token %j, with the result: %s', (token, fault) => {
    expect(tokenFault(token)).toBe(fault);
  });
});

it('the error of assertTokens() names the positions of two equal tokens, but does not contain the token', () => {
  const token = 'a-token-of-20-letters';
  const named = [
    ['tokens[0]', token],
    ['tokens[1]', `${token}!`],
    ['tokens[2]', token],
  ] as const;
  expect(() => assertTokens(named)).toThrow('tokens[2] is the same access token as tokens[0]');
  expect(() => assertTokens(named)).not.toThrow(token);
});

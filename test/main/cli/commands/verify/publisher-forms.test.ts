import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { matchingForm } from '../../../../../src/main/cli/commands/verify/publisher-forms.ts';

const KEY = 'key';
const map = { b: 'é', a: [1, { d: 2, c: 3 }], id: 'x', signature: 'ignored' };
const mac = (text: string) => createHmac('sha256', KEY).update(text).digest();

describe('matchingForm', () => {
  it('matchingForm() recognizes an HMAC over a map whose keys are in the order in which they were sent', () => {
    const text = '{"b":"é","a":[1,{"d":2,"c":3}],"id":"x"}';
    expect(matchingForm(map, mac(text).toString('base64url'), KEY)).toMatch(/in the order sent.*base64url$/);
  });

  it('matchingForm() recognizes an upper-case hex HMAC over JSON with escaped characters and spaces', () => {
    const text = '{"a": [1, {"c": 3, "d": 2}], "b": "\\u00e9", "id": "x"}';
    expect(matchingForm(map, mac(text).toString('hex').toUpperCase(), KEY)).toBe(
      'keys sorted by UTF-16 code unit, non-ASCII escaped, a space after each comma and colon, ' +
        'everything but the signature; signature in hex',
    );
  });

  it('matchingForm() recognizes a padded base64 HMAC over only the known members of a map', () => {
    expect(matchingForm(map, mac('{"id":"x"}').toString('base64'), KEY)).toMatch(
      /known members alone; signature in base64/,
    );
  });

  it('matchingForm() returns null if an HMAC matches no known form of a map', () => {
    expect(matchingForm(map, mac('{}').toString('hex'), 'other key')).toBeNull();
  });
});

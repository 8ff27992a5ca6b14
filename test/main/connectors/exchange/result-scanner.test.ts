import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResultScanner } from '../../../../src/main/connectors/exchange/result-scanner.ts';

/** Returns the scanner's output for a string that arrives in pieces of these sizes. */
function scan(text: string, sizes: readonly number[]): { readonly result: string; readonly isComplete: boolean } {
  const scanner = new ResultScanner();
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(...scanner.take(bytes.subarray(at, at + size)));
    at += size;
  }
  return { result: Buffer.concat(pieces).toString(), isComplete: scanner.isComplete };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

describe('result scanner', () => {
  it('the result scanner finds the `result` of a JSON-RPC message at any position, however the message is split', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.constantFrom(0, 1, 2), sizes, (value, id, place, cuts) => {
        const members: [string, unknown][] = [
          ['jsonrpc', '2.0'],
          ['id', { result: id, '}': '"result":' }],
        ];
        members.splice(place, 0, ['result', value]);
        const text = JSON.stringify(Object.fromEntries(members));
        const scanned = scan(text, cuts);
        expect(scanned.isComplete).toBe(true);
        expect(JSON.parse(scanned.result)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"\\"result\\": {","data":{"result":1}}}'],
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"result","params":{"result":{}}}'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
  ])('the result scanner finds no JSON-RPC result in %s', (_, text) => {
    expect(scan(text, [3])).toEqual({ result: '', isComplete: false });
  });

  it('the result scanner returns the first of two results, with the white space after it', () => {
    expect(scan('{ "result" : {"a":[1,"]"]} , "result":2}', [1])).toEqual({
      result: '{"a":[1,"]"]} ',
      isComplete: true,
    });
  });

  it('the result scanner reports an incomplete message', () => {
    expect(scan('{"result":{"a":"b', [5])).toEqual({ result: '{"a":"b', isComplete: false });
    expect(scan('{"result":{}', [5]).isComplete).toBe(false);
  });
});

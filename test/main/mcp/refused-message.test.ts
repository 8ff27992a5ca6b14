import { describe, expect, it } from 'vitest';
import { messageInLine, parseMessage, RefusedMessage } from '../../../src/main/mcp/refused-message.ts';

const DEEP = `${'['.repeat(200)}${']'.repeat(200)}`;

describe('parseMessage', () => {
  it('parseMessage() returns a message unchanged', () => {
    expect(parseMessage('{"id":1}')).toEqual({ id: 1 });
    expect(() => parseMessage('{"id":')).toThrow(SyntaxError);
  });

  it.each([
    ['first', `{"jsonrpc":"2.0","id":7,"result":${DEEP}}`, 7],
    ['a string', `{ "id" : "7", "jsonrpc":"2.0", "result":${DEEP}}`, 7],
    ['last', `{"jsonrpc":"2.0","result":${DEEP},"id":7}`, 7],
    ['before jsonrpc', `{"result":${DEEP}, "id": 7, "jsonrpc": "2.0"}\n`, 7],
    ['only within the result', `{"jsonrpc":"2.0","result":{"id":7,"a":${DEEP}}}`, null],
    ['an object', `{"id":{"a":1},"result":${DEEP}}`, null],
    ['in a batch', `[{"id":7,"result":${DEEP}}]`, null],
  ])(
    'parseMessage() returns the id of a response that nests too deeply, or null if there is no usable id: the id is %s',
    (_, text, id) => {
      const message = parseMessage(text);
      expect(message).toBeInstanceOf(RefusedMessage);
      expect(message).toMatchObject({ id, isRequest: false, reason: 'nests deeper than 128 levels' });
    },
  );

  it('parseMessage() recognizes a request that nests too deeply as a request, and returns no id', () => {
    const text = `{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":${DEEP}}`;
    expect(parseMessage(text)).toMatchObject({ id: null, isRequest: true });
  });
});

describe('messageInLine', () => {
  it.each(['{"id":1}', ' [1] ', '{}\r'])('messageInLine() returns the JSON of %j', (line) => {
    expect(messageInLine(line)).toEqual(JSON.parse(line));
  });

  it.each(['', 'listening on 3000', '{', '{"id":1', '{id}', '[info] ready', '"text"', '7'])(
    'messageInLine() returns undefined for %j',
    (line) => {
      expect(messageInLine(line)).toBeUndefined();
    },
  );

  it('messageInLine() returns a `RefusedMessage` for a message that nests too deeply', () => {
    expect(messageInLine(`{"id":7,"result":${DEEP}}`)).toBeInstanceOf(RefusedMessage);
  });
});

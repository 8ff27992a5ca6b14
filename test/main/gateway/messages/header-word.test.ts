import { describe, expect, it } from 'vitest';
import { headerWord } from '../../../../src/main/gateway/messages/header-word.ts';

describe('headerWord', () => {
  it.each([
    [{}, undefined],
    [{ 'mcp-session-id': '' }, undefined],
    [{ 'mcp-session-id': '  ' }, undefined],
    [{ 'mcp-session-id': ' a-1 ' }, 'a-1'],
    [{ 'mcp-session-id': 'a-1, a-1' }, 'a-1'],
    [{ 'mcp-session-id': 'a-1,a-1,a-1' }, 'a-1'],
    [{ 'mcp-session-id': 'a-1, b-2' }, 'a-1, b-2'],
  ])('headerWord() reads the session id from the headers %j as %j', (headers, word) => {
    expect(headerWord(headers, 'Mcp-Session-Id')).toBe(word);
  });
});

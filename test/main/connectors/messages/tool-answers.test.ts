import { describe, expect, it } from 'vitest';
import { asToolPage, asToolResult } from '../../../../src/main/connectors/messages/tool-answers.ts';

describe('asToolPage', () => {
  it('asToolPage() returns the tools, the cursor and the TTL of a page', () => {
    expect(asToolPage({ tools: [1], nextCursor: 'c', ttlMs: 5 })).toEqual({ tools: [1], nextCursor: 'c', ttlMs: 5 });
  });

  it('asToolPage() ignores a cursor that is not a string, and a negative TTL', () => {
    expect(asToolPage({ tools: [], nextCursor: 7, ttlMs: -1 })).toEqual({ tools: [], nextCursor: null, ttlMs: null });
  });

  it('asToolPage() rejects a page without a list of tools', () => {
    expect(() => asToolPage({ tools: 'none' })).toThrow('its tool list has no array of tools');
  });
});

describe('asToolResult', () => {
  it('asToolResult() keeps every member, and adds empty content if the server omits the content', () => {
    expect(asToolResult({ structuredContent: { a: 1 } })).toEqual({ structuredContent: { a: 1 }, content: [] });
    expect(asToolResult({ content: [], isError: true, own: 1 })).toEqual({ content: [], isError: true, own: 1 });
  });

  it('asToolResult() passes on an input-required result unchanged', () => {
    expect(asToolResult({ resultType: 'input_required' })).toEqual({ resultType: 'input_required' });
  });

  it.each([
    { resultType: 'task', task: { taskId: '1' }, own: 1 },
    { resultType: 'com.example/other' },
    { resultType: 'task', content: 'theirs' },
    { task: { taskId: '1', status: 'working' } },
  ])('asToolResult() passes on %j unchanged, because it is not a tool result', (result) => {
    expect(asToolResult(result)).toBe(result);
  });

  it('asToolResult() replaces null content by empty content', () => {
    expect(asToolResult({ content: null, isError: true })).toEqual({ content: [], isError: true });
  });

  it('asToolResult() rejects content that is not an array', () => {
    expect(() => asToolResult({ content: 'text' })).toThrow('its result has no content');
  });
});

import { describe, expect, it } from 'vitest';
import { acceptedTypes } from '../../../../../src/main/gateway/http/mcp/accepted-types.ts';

describe('acceptedTypes', () => {
  it.each([
    [undefined, true, true],
    ['', true, true],
    ['*/*', true, true],
    ['*', true, true],
    ['application/json, text/event-stream', true, true],
    ['Application/JSON,TEXT/Event-Stream', true, true],
    ['application/json; charset=utf-8; q=0.9 , text/event-stream ;q=0.1', true, true],
    ['APPLICATION/*', true, false],
    ['text/*', false, true],
    ['text/event-stream;q=0, */*', true, false],
    ['application/json; Q=0.0, */*;q=0.5', false, true],
    ['text/html, */*; q=0.8', true, true],
    ['text/html', false, false],
    ['application/json;q=1;v=2, application/json;q=0', true, false],
    ['application/json-patch+json', false, false],
    ['xapplication/json', false, false],
    [',,;', false, false],
  ])('the Accept header %j allows JSON: %s, and event streams: %s', (accept, json, stream) => {
    expect(acceptedTypes(accept)).toEqual({ json, stream });
  });
});

import { expect, it } from 'vitest';
import { subjectHeaders } from '../../../../src/main/connectors/streamable-http/request-headers.ts';

const tool = {
  name: 'echo',
  inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
};

it.each([
  ['tools/call', { name: 'echo' }, ['mcp-name', 'echo']],
  ['prompts/get', { name: 'greet' }, ['mcp-name', 'greet']],
  ['resources/read', { uri: 'file:///a', name: 'no' }, ['mcp-name', 'file:///a']],
  ['tools/list', { name: 'no' }, []],
  ['prompts/get', { name: 7 }, []],
])('for the method %s with the parameters %j, subjectHeaders() returns the headers %j', (method, params, expected) => {
  expect(subjectHeaders(method, params, undefined)).toEqual(expected);
});

it('subjectHeaders() adds the arguments that the tool schema maps to headers', () => {
  const headers = subjectHeaders('tools/call', { name: 'echo', arguments: { region: 'eu' } }, tool);
  expect(headers).toEqual(['mcp-name', 'echo', expect.stringMatching(/^mcp-param-region$/i), 'eu']);
});

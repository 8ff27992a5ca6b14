import { expect, it } from 'vitest';
import { assertMetadataUrl, baseOf, readPublicUrl } from '../../../../../src/main/gateway/login/access/public-url.ts';

it.each([
  'https://tools.example.com',
  'https://tools.example.com:8443/gateway/',
  'http://127.0.0.1:3737',
  'http://localhost:3737',
  'http://[::1]:3737',
])('readPublicUrl() accepts %s as a public URL', (text) => {
  expect(readPublicUrl(text, '--public-url').href).toBe(new URL(text).href);
});

it.each([
  ['tools.example.com', 'must be an address'],
  ['http://tools.example.com', 'https, or http on loopback'],
  ['http://127.0.0.1.example.com', 'https, or http on loopback'],
  ['ftp://127.0.0.1', 'https, or http on loopback'],
  ['https://user:pw@tools.example.com', 'must not contain credentials'],
  ['https://tools.example.com?', 'neither a query nor a fragment'],
  ['https://tools.example.com/#here', 'neither a query nor a fragment'],
])('readPublicUrl() rejects %s as a public URL', (text, why) => {
  expect(() => readPublicUrl(text, '--public-url')).toThrow(why);
});

it('assertMetadataUrl() rejects a client metadata URL without https or without a path', () => {
  expect(() => assertMetadataUrl('https://tools.example.com/client.json', 'x')).not.toThrow();
  for (const text of ['http://127.0.0.1/client.json', 'https://tools.example.com', 'https://tools.example.com/'])
    expect(() => assertMetadataUrl(text, 'x')).toThrow('x must');
});

it('baseOf() removes trailing slashes from a URL', () => {
  expect(baseOf(new URL('https://tools.example.com/'))).toBe('https://tools.example.com');
  expect(baseOf(new URL('https://tools.example.com/gateway//'))).toBe('https://tools.example.com/gateway');
});

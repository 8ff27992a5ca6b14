import { expect, it } from 'vitest';
import { canonicalMapUrl, shownMapUrl } from '../../../src/main/options/map-url.ts';

it('canonicalMapUrl() returns one spelling for equal URLs', () => {
  const spellings = ['http://maps.test/a?b=c', 'HTTP://Maps.TEST:80/x/../a?b=c#d'];
  expect(new Set(spellings.map(canonicalMapUrl))).toEqual(new Set(['http://maps.test/a?b=c']));
});

it('shownMapUrl() omits the query and the fragment of a URL', () => {
  expect(shownMapUrl('https://maps.test:8443/a?token=x#y')).toBe('https://maps.test:8443/a');
});

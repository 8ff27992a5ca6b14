import { expect, it } from 'vitest';
import { maskArgument, maskText, maskValue } from '../../../src/main/masking/secret-shapes.ts';

const LENGTH = 50_000;

it.each(['a', 'a.', 'a ', 'a=', 'a;', 'a=;', '"', "a='", 'a: ', '://', 'a-', ' ', '\\"', 'sk-'])(
  'masking stays within its time limit for a string of 50 000 characters that repeats %j',
  (part) => {
    const text = part.repeat(LENGTH / part.length);
    const startedMs = performance.now();
    for (const end of ['', '\0', '=']) for (const mask of [maskText, maskValue]) mask(text + end);
    maskArgument('--header', text);
    // Code that takes quadratic time would need minutes.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  },
);

/** The payloads below are JSON. Parsing them would block the event loop for seconds, or take gigabytes of memory. */
const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');

export const PAYLOADS = {
  brackets: () => '['.repeat(30_000_000),
  objects: () => `[${'{},'.repeat(10_000_000)}0]`,
  arrays: () => `[${'[[],[]],'.repeat(3_700_000)}0]`,
  members: () => `{${list(1_500_000, (index) => `"member${index}":1`)}}`,
  shapes: () => `[${list(1_500_000, (index) => `{"shape${index}":1}`)}]`,
  strings: () => `[${list(3_000_000, (index) => `"${index}"`)}]`,
  numbers: () => `[${'1.5,'.repeat(7_000_000)}0]`,
  /** The payloads from here on are accepted, because they are just below the limits. */
  'almost too many objects': () => `{"content":[],"a":[${'{},'.repeat(249_000)}0]}`,
  'almost too many members': () => `{"content":[],${list(62_000, (index) => `"member${index}":1`)}}`,
  'a string of 30 MB': () => `{"content":[{"type":"text","text":"${'lorem ipsum '.repeat(2_500_000)}"}]}`,
} satisfies Readonly<Record<string, () => string>>;

export type PayloadName = keyof typeof PAYLOADS;

import { expect } from 'vitest';
import type { ErrorCode } from '../../../src/shared/error-codes.ts';
import { isErrorCode } from '../../../src/shared/errors.ts';
import type { CliOptions, Ended } from '../cli.ts';
import type { DocumentWorld } from './document-world.ts';

type Words = readonly string[];

/** One run of a command with `--json`, and the document that it must print. */
export interface DocumentCase {
  /** The words that name the command. */
  readonly command: string;
  readonly code: number;
  /** The code of `error`; undefined if the command must succeed. */
  readonly error?: ErrorCode;
  /** The names of the fields besides `ok` and `error`, in order. */
  readonly members: readonly string[];
  /** The arguments after the command. */
  readonly args?: (world: DocumentWorld) => Words;
  /** Command lines that run before the command. */
  readonly before?: (world: DocumentWorld) => readonly Words[];
  /** Changes the world just before the command runs. */
  readonly change?: (world: DocumentWorld) => void;
  readonly options?: CliOptions;
}

/** The JSON document of a command, as scripts read it. */
export interface Document {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  readonly [member: string]: unknown;
}

/** Runs a case and checks its document. */
export async function runCase(one: DocumentCase, world: DocumentWorld): Promise<Document> {
  for (const words of one.before?.(world) ?? []) {
    const { code, stderr } = await world.run(words);
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
  }
  one.change?.(world);
  const ended = await world.run([...one.command.split(' '), '--json', ...(one.args?.(world) ?? [])], one.options);
  return expectDocument(ended, one);
}

/** Checks that a run printed one document with the envelope, and that the exit code of the run matches the document. */
export function expectDocument(ended: Ended, { code, error, members }: Omit<DocumentCase, 'command'>): Document {
  expect([ended.code, ended.stdout.trimEnd()], ended.stderr).toEqual([code, expect.stringMatching(/^\{[\s\S]*\}$/)]);
  const document = JSON.parse(ended.stdout) as Document;
  const envelope = code === 0 ? ['ok'] : ['ok', 'error'];
  expect(Object.keys(document)).toEqual([...envelope, ...members]);
  expect(document.ok).toBe(code === 0);
  if (code === 0) return document;
  expect(document.error).toMatchObject({
    ...{ code: error, message: expect.stringMatching(/./), remedy: expect.stringMatching(/./) },
    detail: expect.any(Object),
  });
  expect(isErrorCode(document.error?.code)).toBe(true);
  return document;
}

/** Methods that change nothing on the server. */
const SAFE: ReadonlySet<string> = new Set([
  'completion/complete',
  'ping',
  'prompts/get',
  'prompts/list',
  'resources/list',
  'resources/read',
  'resources/templates/list',
  'tools/list',
]);

/** Whether a request may be sent twice: lists and reads, never a call. */
export function isSafeToRepeat(method: string): boolean {
  return SAFE.has(method);
}

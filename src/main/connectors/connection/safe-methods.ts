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

/** Whether a request may be sent twice. True for lists and reads, false for tool calls. */
export function isSafeToRepeat(method: string): boolean {
  return SAFE.has(method);
}

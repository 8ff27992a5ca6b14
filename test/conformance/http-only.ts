/** Scenarios that test HTTP itself: logins, resumed event streams and headers. The bridges do not support these. */
const HTTP_ONLY = /^(?:auth\/|sse-retry$|http-standard-headers$|http-custom-headers$|http-invalid-tool-headers$)/;

/** Whether the result of a scenario is ignored if the client reaches the suite's server over a bridge. */
export function isHttpOnly(scenario: string): boolean {
  return HTTP_ONLY.test(scenario);
}

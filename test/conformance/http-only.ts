/** Scenarios that test HTTP itself: logins, resumed event streams and headers. The bridges have none of these. */
const HTTP_ONLY = /^(?:auth\/|sse-retry$|http-standard-headers$|http-custom-headers$|http-invalid-tool-headers$)/;

/** Whether a scenario does not count if the suite's server is reached over a bridge. */
export function isHttpOnly(scenario: string): boolean {
  return HTTP_ONLY.test(scenario);
}

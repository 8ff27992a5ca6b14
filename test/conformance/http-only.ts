/** Scenarios that test HTTP itself: logins, resumed event streams and headers. A stdio server has none of these. */
const HTTP_ONLY = /^(?:auth\/|sse-retry$|http-standard-headers$|http-custom-headers$|http-invalid-tool-headers$)/;

/** Whether a scenario does not count where the suite's server is reached over stdio. */
export function isHttpOnly(scenario: string): boolean {
  return HTTP_ONLY.test(scenario);
}

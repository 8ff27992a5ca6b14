/** The private key of RFC 8037, appendix A.1. It is the same in every run, so that inputs keep their meaning. */
export const FIXED_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'fixed',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;

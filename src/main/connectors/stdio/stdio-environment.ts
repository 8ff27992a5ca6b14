/**
 * Environment variable with a fingerprint of each gateway that directly or indirectly started this process. It reveals
 * a gateway that would start itself as a stdio server.
 */
export const LINEAGE_VARIABLE = 'MCP_SWITCHYARD_LINEAGE';

const IS_WINDOWS = process.platform === 'win32';

/**
 * Environment variables that a stdio server needs in order to run. Other variables of this process are not passed on,
 * because they may be keys.
 */
const NEEDED: readonly string[] = IS_WINDOWS
  ? [
      'APPDATA',
      'COMSPEC',
      'HOMEDRIVE',
      'HOMEPATH',
      'LOCALAPPDATA',
      'PATH',
      'PATHEXT',
      'PROCESSOR_ARCHITECTURE',
      'PROGRAMDATA',
      'PROGRAMFILES',
      'PROGRAMFILES(X86)',
      'PROGRAMW6432',
      'SYSTEMDRIVE',
      'SYSTEMROOT',
      'TEMP',
      'TMP',
      'USERNAME',
      'USERPROFILE',
      'WINDIR',
    ]
  : ['HOME', 'LANG', 'LANGUAGE', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'TZ', 'USER'];

/**
 * Variables that say which certificate authorities a program trusts, as paths or switches. Without them, `npx` and
 * `uvx` could download no package on a machine whose TLS traffic is intercepted.
 */
const CERTIFICATES: readonly string[] = [
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
];

/** Variables that name a proxy. Programs read them in upper or lower case. */
const PROXIES: readonly string[] = ['ALL_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/**
 * Returns the environment of a stdio server: the needed variables from `inherited`, then all variables in `own`. The
 * needed variables are those of the MCP SDK, plus locale, time zone, the folder for temporary files, certificate
 * authorities, and proxies whose URLs contain no credentials.
 */
export function stdioEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  const replaced = new Set(Object.keys(own).map(comparable));
  for (const [name, value] of Object.entries(inherited)) {
    // Windows spells the variable `Path`. If both `Path` and `PATH` were set, programs would disagree on which one to
    // use.
    if (replaced.has(comparable(name))) continue;
    // A value that starts with () is a function definition of an old bash. The next shell would execute it
    // (CVE-2014-6271).
    if (value === undefined || value.startsWith('()')) continue;
    if (isNeeded(name) || isPublicProxy(name, value)) environment[name] = value;
  }
  return Object.assign(environment, own);
}

function isNeeded(name: string): boolean {
  if (NEEDED.includes(comparable(name)) || CERTIFICATES.includes(comparable(name))) return true;
  return name.startsWith('LC_') || name === LINEAGE_VARIABLE;
}

/**
 * Whether a variable names a proxy without credentials. A proxy variable with credentials is passed on only if the
 * connector's entry sets it.
 */
function isPublicProxy(name: string, value: string): boolean {
  return PROXIES.includes(name.toUpperCase()) && !value.includes('@');
}

/** Returns a variable name in the form that is used for comparisons. Windows ignores the case of variable names. */
function comparable(name: string): string {
  return IS_WINDOWS ? name.toUpperCase() : name;
}

/**
 * Returns the values in `own` that look like secrets, because of their names or because they are URLs with credentials.
 * A server may print these values.
 */
export function secretsOf(own: Readonly<Record<string, string>>): string[] {
  return Object.entries(own).flatMap(([name, value]) =>
    /key|token|secret|passw|pwd|auth|cred|cookie|session|dsn/i.test(name) || /:\/\/[^/]*@/.test(value) ? [value] : [],
  );
}

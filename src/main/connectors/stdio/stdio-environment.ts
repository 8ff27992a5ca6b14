/** Tells a gateway that is started as a program which gateways it descends from. */
export const LINEAGE_VARIABLE = 'MCP_SWITCHYARD_LINEAGE';

const IS_WINDOWS = process.platform === 'win32';

/** What a program needs to run at all. Whatever else this process knows, keys above all, is not its business. */
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
 * The environment of a program: of `inherited` what programs need, then all of `own`. The list is that of the MCP SDK, with
 * locale, time zone and folder for temporary files.
 */
export function stdioEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  const replaced = new Set(Object.keys(own).map(comparable));
  for (const [name, value] of Object.entries(inherited)) {
    // Windows calls it `Path`. With a `PATH` beside it, each program chooses another of the two.
    if (replaced.has(comparable(name))) continue;
    const isNeeded = NEEDED.includes(comparable(name)) || name.startsWith('LC_') || name === LINEAGE_VARIABLE;
    // A value that starts with () is a function of an old bash, run by whichever shell comes next (CVE-2014-6271).
    if (isNeeded && value !== undefined && !value.startsWith('()')) environment[name] = value;
  }
  return Object.assign(environment, own);
}

/** Windows compares the names of variables without regard to case. */
function comparable(name: string): string {
  return IS_WINDOWS ? name.toUpperCase() : name;
}

/** Those values of `own` that look like secrets, by their names or as URLs with credentials: a program may print them. */
export function secretsOf(own: Readonly<Record<string, string>>): string[] {
  return Object.entries(own).flatMap(([name, value]) =>
    /key|token|secret|passw|pwd|auth|cred|cookie|session|dsn/i.test(name) || /:\/\/[^/]*@/.test(value) ? [value] : [],
  );
}

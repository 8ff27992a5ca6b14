/**
 * Rewrites `$NAME`, as written for shells, Crush and Gemini CLI, to `${NAME}`. A `$NAME` after a backslash stays, and
 * the backslash is removed.
 */
export function bracedVariables(text: string): string {
  return text.replace(/(\\?)\$([A-Za-z_]\w*)/g, (whole, slash: string, name: string) =>
    slash === '' ? `\${${name}}` : whole.slice(1),
  );
}

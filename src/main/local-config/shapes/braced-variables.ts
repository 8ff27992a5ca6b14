/**
 * Rewrites `$NAME`, which shells, Crush and Gemini CLI use, to `${NAME}`. After a backslash, `$NAME` stays unchanged
 * and the backslash is removed.
 */
export function bracedVariables(text: string): string {
  return text.replace(/(\\?)\$([A-Za-z_]\w*)/g, (whole, slash: string, name: string) =>
    slash === '' ? `\${${name}}` : whole.slice(1),
  );
}

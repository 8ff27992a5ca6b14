/** Writes `$NAME`, as shells, Crush and Gemini CLI have it, as `${NAME}`. One after a backslash loses that and stays. */
export function bracedVariables(text: string): string {
  return text.replace(/(\\?)\$([A-Za-z_]\w*)/g, (whole, slash: string, name: string) =>
    slash === '' ? `\${${name}}` : whole.slice(1),
  );
}

/** Writes `$NAME` of shells, Crush and Gemini CLI as `${NAME}`. After a backslash it stays and loses that. */
export function bracedVariables(text: string): string {
  return text.replace(/(\\?)\$([A-Za-z_]\w*)/g, (whole, slash: string, name: string) =>
    slash === '' ? `\${${name}}` : whole.slice(1),
  );
}

import { type ConfigNode, memberOf, textNode, textOf } from '../../document/config-node.ts';

/**
 * Returns the words of the command line for `runtimeArguments` or `packageArguments`. A named argument becomes two
 * words: its name and then its value.
 */
export function argumentsOf(nodes: readonly ConfigNode[]): ConfigNode[] {
  return nodes.flatMap((node) => {
    const value = textFor(node);
    const name = textOf(memberOf(node, 'name'));
    const isNamed = textOf(memberOf(node, 'type')) === 'named' && name !== undefined;
    const isRequired = (memberOf(node, 'isRequired') ?? memberOf(node, 'is_required'))?.value === true;
    if (isNamed) {
      // A named argument without a value is a switch. An argument that needs a value is left out if it has none.
      if (value === null) return wantsValue(node) ? [] : [textNode(name, node.offset)];
      return [textNode(name, node.offset), textNode(value, node.offset)];
    }
    if (value !== null) return [textNode(value, node.offset)];
    return isRequired ? [textNode(`\${${variableNameOf(node)}}`, node.offset)] : [];
  });
}

/**
 * Replaces each `{name}` in a string by the value that the `variables` of the node give it. Without a value, the
 * placeholder becomes `${NAME}`, or `${NAME:-default}` if it has a default.
 */
export function inOurVariables(text: string, node: ConfigNode): string {
  const variables = memberOf(node, 'variables');
  return text.replace(/\{([A-Za-z_][\w-]*)\}/g, (_, name: string) => {
    const known = memberOf(variables, name);
    const value = textOf(memberOf(known, 'value'));
    if (value !== undefined) return value;
    const fallback = textOf(memberOf(known, 'default'));
    const upper = name.replaceAll('-', '_').toUpperCase();
    return fallback === undefined ? `\${${upper}}` : `\${${upper}:-${fallback}}`;
  });
}

function textFor(node: ConfigNode): string | null {
  const text = textOf(memberOf(node, 'value')) ?? textOf(memberOf(node, 'default'));
  return text === undefined ? null : inOurVariables(text, node);
}

function wantsValue(node: ConfigNode): boolean {
  return ['valueHint', 'value_hint', 'format', 'choices'].some((name) => memberOf(node, name) !== undefined);
}

/**
 * Returns the name of the variable that replaces a required argument without a value: its `valueHint` in upper case.
 */
function variableNameOf(node: ConfigNode): string {
  const hint = textOf(memberOf(node, 'valueHint')) ?? textOf(memberOf(node, 'value_hint')) ?? 'ARGUMENT';
  return hint.replace(/\W/g, '_').replace(/^\d/, '_').toUpperCase();
}

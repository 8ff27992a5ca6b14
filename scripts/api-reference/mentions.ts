/** A node of a syntax tree. */
interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Types of syntax nodes that refer to a declaration. The value is the member of the node that contains the name. */
const NAMING: Readonly<Record<string, string>> = {
  TSTypeReference: 'typeName',
  TSTypeQuery: 'exprName',
  TSInterfaceHeritage: 'expression',
  TSClassImplements: 'expression',
  ClassDeclaration: 'superClass',
};

/** Returns the names that a declaration mentions, in order and without duplicates. Type parameters are included. */
export function mentionsOf(declaration: object): readonly string[] {
  const names = new Set<string>();
  if (isNode(declaration)) visit(declaration, names);
  return [...names];
}

function visit(node: Node, names: Set<string>): void {
  const naming = NAMING[node.type];
  const named = naming === undefined ? undefined : node[naming];
  if (isNode(named) && named.type === 'Identifier') names.add(named.name as string);
  for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, names);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

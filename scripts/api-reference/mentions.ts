/** A node of a syntax tree. */
interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Members of nodes that name a type or a value of another declaration. */
const NAMING: Readonly<Record<string, string>> = {
  TSTypeReference: 'typeName',
  TSTypeQuery: 'exprName',
  TSInterfaceHeritage: 'expression',
  TSClassImplements: 'expression',
  ClassDeclaration: 'superClass',
};

/** Returns the names that a declaration mentions, each once, in order. Type parameters are among them. */
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

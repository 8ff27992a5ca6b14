import { Deployment } from 'kubernetes-models/apps/v1';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Secret, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createProgram } from '../../../src/main/cli/program.ts';
import { deploymentBlock } from '../../helpers/deployment/deployment-page.ts';

const KINDS = { Secret, Deployment, PodDisruptionBudget, Service, Ingress };
type Kind = keyof typeof KINDS;
interface Manifest {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of a manifest; its schema is checked first
  readonly spec: any;
  readonly stringData?: Readonly<Record<string, string>>;
}

const text = deploymentBlock('mcp-switchyard.yaml');
const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const of = (kind: Kind): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (found === undefined) throw new Error(`There is no ${kind}`);
  return found;
};
/** Throws if the manifest does not match the schema of its kind. */
function validate(manifest: Manifest): void {
  const Model = KINDS[manifest.kind];
  const model = new Model(manifest as never);
  expect([model.apiVersion, model.kind]).toEqual([manifest.apiVersion, manifest.kind]);
  model.validate();
}

const pod = of('Deployment').spec.template.spec;
const [container] = pod.containers;

describe('the Kubernetes manifests of docs/deployment.md', () => {
  it('the Kubernetes manifests of docs/deployment.md match the schemas of Kubernetes', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual([
      'Secret',
      'Deployment',
      'PodDisruptionBudget',
      'Service',
      'Ingress',
    ]);
    for (const manifest of manifests) validate(manifest);
  });

  it.each([
    ['Deployment', 'replicas: 3', 'replicas: three'],
    ['Deployment', 'terminationGracePeriodSeconds: 40', 'terminationGracePeriodSeconds: 40s'],
    ['Deployment', 'containerPort: 3737', 'containerPort: http'],
    ['Service', 'sessionAffinity: None', 'sessionAffinity: 0'],
    ['PodDisruptionBudget', 'matchLabels:\n      app: mcp-switchyard', 'matchLabels: mcp-switchyard'],
    ['Ingress', 'pathType: Prefix', 'pathType: []'],
  ] as const)(
    'the schema check of the Kubernetes manifests notices an error in a %s (%s changed to %s)',
    (kind, right, wrong) => {
      const documents = text.split(/^---$/m);
      const document = documents.find((part) => part.includes(`kind: ${kind}\n`)) ?? '';
      expect(document).toContain(right);
      const [changed] = parseAllDocuments(document.replace(right, wrong)).map((part) => part.toJS() as Manifest);
      expect(() => validate(changed as Manifest)).toThrow();
    },
  );

  it('the Kubernetes manifests give a pod more time to end than its `preStop` hook and the drain need', () => {
    const drainMs = Number(/--drain=(\d+)/.exec(text)?.[1]);
    const preStopSeconds = Number(container.lifecycle.preStop.exec.command[1]);
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(preStopSeconds * 1_000 + drainMs + 5_000);
  });

  it('the Kubernetes manifests have a command line that `serve` accepts, and set all variables in this command line', () => {
    const serve = createProgram(() => {}).commands.find((command) => command.name() === 'serve');
    expect(container.args[0]).toBe('serve');
    expect(serve?.parseOptions(container.args.slice(1))).toEqual({ operands: [], unknown: [] });
    const named = [...text.matchAll(/-env=([A-Z_]+)|\$\(([A-Z_]+)\)/g)].map(([, first, second]) => first ?? second);
    const set = [
      ...Object.keys(of('Secret').stringData ?? {}),
      ...container.env.map(({ name }: { name: string }) => name),
    ];
    expect(named.filter((name) => !set.includes(name ?? ''))).toEqual([]);
    expect(container.envFrom).toEqual([{ secretRef: { name: of('Secret').metadata.name } }]);
  });

  it('the Kubernetes manifests have matching labels and ports, and three replicas without session affinity', () => {
    const labels = of('Deployment').spec.template.metadata.labels;
    for (const kind of ['Deployment', 'PodDisruptionBudget'] as const)
      expect(of(kind).spec.selector.matchLabels).toEqual(labels);
    expect(of('Service').spec).toMatchObject({ selector: labels, sessionAffinity: 'None' });
    expect(of('Service').spec.ports[0].targetPort).toBe(container.ports[0].name);
    expect(of('Ingress').spec.rules[0].http.paths[0].backend.service.name).toBe(of('Service').metadata.name);
    expect([of('Deployment').spec.replicas, of('PodDisruptionBudget').spec.maxUnavailable]).toEqual([3, 1]);
    expect(container.args).toContain('--fleet-address=http://$(POD_IP):3737');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
  });
});

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../../src/config/index.js';
import { GatewayMetrics } from '../../src/gateway/metrics.js';
import { AttemptMetrics } from '../../src/metrics/attempt-metrics.js';
import { pythonProgram } from '../../scripts/python/environments.js';
import { skipWithout } from '../helpers/requirements.js';
import { runCli } from '../cli/run-cli.js';

const FOLDER = fileURLToPath(new URL('../../deploy/kubernetes/', import.meta.url));
const read = (file: string): string => readFileSync(`${FOLDER}${file}`, 'utf8');

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly envFrom: readonly { readonly configMapRef?: { name: string }; readonly secretRef?: { name: string } }[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly volumeMounts: readonly { readonly mountPath: string; readonly subPath?: string }[];
  readonly [probe: `${string}Probe`]:
    { readonly httpGet: { readonly path: string; readonly port: string } } | undefined;
}
interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- as different as the kinds are
  readonly spec: any;
}

const kustomization = parse(read('kustomization.yaml')) as {
  resources: string[];
  configMapGenerator: { name: string; files?: string[]; literals?: string[] }[];
};
/** Keys that stand twice in a map are errors. */
const resources = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file), { uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Resource;
  }),
);
const ofKind = (kind: string): Resource[] => resources.filter((each) => each.kind === kind);
const deployments = ofKind('Deployment').map((each): [string, Container, Resource['spec']] => [
  each.metadata.name,
  (each.spec as { template: { spec: { containers: [Container] } } }).template.spec.containers[0],
  each.spec,
]);
const valueOf = ({ args }: Container, option: string) => args[args.indexOf(option) + 1];

const routing = { hash: '', groups: {}, aliases: {}, router: {}, litellm: {} };

/** What gateways and workers count, by its name. */
function counted(): string[] {
  const registry = new Registry();
  const standing = () => ({ state: 'closed', share: {} }) as const;
  new AttemptMetrics({ registry, routing, standing, isBoardReached: () => true, now: () => 0 });
  new GatewayMetrics({ registry, routing, inFlight: () => 0 });
  return registry.getMetricsAsArray().map(({ name }) => name);
}

test('every manifest is one of the kustomization, and the other way round', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'kustomization.yaml');
  const named = [...kustomization.resources, ...kustomization.configMapGenerator.flatMap(({ files: its = [] }) => its)];
  expect(named.toSorted()).toEqual(files.toSorted());
});

test('each kind has the version of the API that clusters from 1.34 on serve', () => {
  const versions = new Map(resources.map(({ kind, apiVersion }) => [kind, apiVersion]));
  expect(Object.fromEntries(versions)).toEqual({
    Deployment: 'apps/v1',
    Service: 'v1',
    PodDisruptionBudget: 'policy/v1',
    HorizontalPodAutoscaler: 'autoscaling/v2',
  });
});

describe.skipIf(skipWithout('python-kubernetes'))('by the schemas of Kubernetes, where no other field may be', () => {
  const validate = (version: string, files: readonly string[]) => {
    const program = pythonProgram('kubernetes', 'kubernetes-validate') ?? '';
    return promisify(execFile)(program, ['--strict', '--no-warn', '-k', version, ...files], { cwd: FOLDER });
  };

  test.each(['1.34', '1.37'])('of %s each manifest is right', async (version) => {
    const { stdout, stderr } = await validate(version, kustomization.resources);
    expect(`${stdout}${stderr}`.match(/ passed for resource /g)).toHaveLength(resources.length);
  });

  test('a field that is not one is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-manifests-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'scaling.yaml');
    await writeFile(file, read('scaling.yaml').replaceAll('minAvailable', 'minAvailble'));
    await expect(validate('1.37', [file])).rejects.toThrow();
  });
});

test('the config is right, and its keys come from the environment', () => {
  const env = { OPENAI_API_KEY: 'sk-provider-0123456789', HOLDFAST_MASTER_KEY: 'sk-master-0123456789' };
  const { routing: its, gateway } = parseConfig(read('holdfast.yaml'), {
    source: 'holdfast.yaml',
    env,
    requireGatewayKeys: true,
  });
  expect(Object.keys(its.groups)).toEqual(['gpt-4o']);
  expect(gateway.keys).toHaveLength(1);
});

describe.each(deployments)('%s', (name, container, spec) => {
  test('is started with options that its command has', async () => {
    const [command = '', ...args] = container.args;
    const { stdout } = await runCli([command, '--help']);
    for (const option of args.filter((arg) => arg.startsWith('--'))) expect(stdout).toContain(`${option} `);
  });

  test('has the time to drain', () => {
    const { terminationGracePeriodSeconds } = spec.template.spec as { terminationGracePeriodSeconds: number };
    const drain = Number(valueOf(container, '--drain'));
    const before = container.lifecycle?.preStop.sleep.seconds ?? 0;
    expect(terminationGracePeriodSeconds).toBeGreaterThan(before + drain + 15);
  });

  test('is asked for its health at paths and ports that it has', () => {
    const paths = name === 'holdfast-worker' ? ['/health/liveness'] : ['/health/liveness', '/health/readiness'];
    const probes = Object.entries(container).flatMap(([key, probe]) =>
      key.endsWith('Probe') ? [(probe as NonNullable<Container['startupProbe']>).httpGet] : [],
    );
    expect([...new Set(probes.map(({ path }) => path))].toSorted()).toEqual(paths);
    const port = container.ports.find(({ name: its }) => its === probes[0]?.port);
    expect(String(port?.containerPort)).toBe(
      valueOf(container, name === 'holdfast-worker' ? '--metrics-port' : '--port'),
    );
  });

  test('has its keys from a secret, and a config that changes with its map', () => {
    expect(container.envFrom).toContainEqual({ secretRef: { name: 'holdfast-keys' } });
    expect(container.envFrom).toContainEqual({ configMapRef: { name: 'holdfast-temporal' } });
    const mount = container.volumeMounts.find(({ mountPath }) => mountPath === '/etc/holdfast');
    expect(mount).toBeDefined();
    expect(mount?.subPath).toBeUndefined();
    expect(valueOf(container, '--config')).toBe('/etc/holdfast/holdfast.yaml');
  });

  test('is found by its labels: its own selector, its budget, its scaling', () => {
    const { labels } = spec.template.metadata as { labels: Record<string, string> };
    expect(labels).toMatchObject(spec.selector.matchLabels as object);
    const budget = ofKind('PodDisruptionBudget').find(({ metadata }) => metadata.name === name);
    expect(labels).toMatchObject(budget?.spec.selector.matchLabels as object);
    const scaler = ofKind('HorizontalPodAutoscaler').find(
      ({ spec: { scaleTargetRef } }) => scaleTargetRef.name === name,
    );
    expect(scaler?.spec.minReplicas).toBeGreaterThan(budget?.spec.minAvailable as number);
  });
});

test('what scales is told by metrics that exist', () => {
  const names = ofKind('HorizontalPodAutoscaler').flatMap(({ spec: { metrics } }) =>
    (metrics as { pods?: { metric: { name: string } } }[]).flatMap(({ pods }) => pods?.metric.name ?? []),
  );
  expect(names).toEqual(['holdfast_attempts_in_flight', 'holdfast_calls_waiting', 'holdfast_requests_in_flight']);
  expect(counted()).toEqual(expect.arrayContaining(names));
});

test('requests come to the port of the gateway', () => {
  const [service] = ofKind('Service');
  const gateway = deployments.find(([name]) => name === 'holdfast-gateway');
  expect(gateway?.[2].template.metadata.labels).toMatchObject(service?.spec.selector as object);
  expect(gateway?.[1].ports.map(({ name }) => name)).toContain(service?.spec.ports[0].targetPort);
});

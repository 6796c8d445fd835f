import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_PORT } from '../../src/gateway/start-gateway.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import { skipWithout } from '../helpers/requirements.js';

interface Service {
  image?: string;
  build?: unknown;
  restart?: string;
  init?: boolean;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string | number>;
  env_file?: { path: string; required: boolean }[];
  ports?: string[];
  volumes?: (string | { source: string; target: string; read_only?: boolean; bind?: { create_host_path: boolean } })[];
  entrypoint?: string[];
  command?: string[];
  stop_grace_period?: string;
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(fromRoot(path), 'utf8');

const compose = parse(read('docker-compose.yml')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const service = (name: string): Service => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const environmentOf = (name: string): Record<string, string | number> => service(name).environment ?? {};
const optionOf = ({ command = [] }: Service, option: string): string | undefined =>
  command[command.indexOf(option) + 1];
const isOneShot = ({ restart }: Service): boolean => restart?.startsWith('on-failure') ?? false;
const deployScripts = readdirSync(fromRoot('deploy')).filter((name) => name.endsWith('.sh'));

/** A worker serves nothing that could be asked; the compose file says so where the check would be. */
const WITHOUT_HEALTHCHECK = new Set(['worker']);

describe('secrets in docker-compose.yml', () => {
  it.each(services)('%s has no literal password or key', (_name, { environment = {} }) => {
    const secrets = Object.entries(environment).filter(([key]) => /PASSWORD|PWD|SECRET|TOKEN|KEY$/.test(key));
    for (const [key, value] of secrets) {
      // Empty is no password: it keeps the database's from the worker, which reads the rest of .env.
      expect(value, key).toMatch(
        /^$|^\$\{(POSTGRES_PASSWORD|HOLDFAST_MASTER_KEY):\?[^}]*Copy \.env\.example to \.env[^}]*\}$/,
      );
    }
  });

  it.each(['POSTGRES_PASSWORD', 'HOLDFAST_MASTER_KEY'])('does not name the %s of .env.example', (name) => {
    const password = new RegExp(`^${name}=(.+)$`, 'm').exec(read('.env.example'))?.[1];
    expect(password).toBeDefined();
    for (const file of ['docker-compose.yml', 'Dockerfile', ...deployScripts.map((name) => `deploy/${name}`)]) {
      expect(read(file), file).not.toContain(password);
    }
  });

  it('keeps the database password and the master key from the worker, and all keys of providers from the gateway', () => {
    expect(environmentOf('worker')).toMatchObject({ POSTGRES_PASSWORD: '', HOLDFAST_MASTER_KEY: '' });
    expect(service('gateway').env_file).toBeUndefined();
  });

  it('has every variable that a user may set in .env.example', () => {
    const used = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    for (const name of new Set(used)) expect(read('.env.example')).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
  });
});

describe('the services', () => {
  it.each(services)('%s runs a pinned image or is built here', (_name, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/:\d+\.\d+[^:]*$/);
    else expect(image).toBeUndefined();
  });

  it('has the schema tools of the version of the server', () => {
    const version = (name: string): string | undefined => service(name).image?.split(':')[1];
    expect(version('temporal-schema')).toBe(version('temporal'));
    expect(version('temporal-setup')).toBe(version('temporal'));
  });

  it.each(services)('%s publishes its ports to this machine only', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services.filter(([, definition]) => !isOneShot(definition)))(
    '%s, which runs on, is restarted and has a health check',
    (name, { restart, healthcheck }) => {
      expect(restart).toBe('unless-stopped');
      expect(healthcheck === undefined).toBe(WITHOUT_HEALTHCHECK.has(name));
    },
  );

  it('waits for what it needs', () => {
    const waits = services.map(([name, { depends_on = {} }]) => [
      name,
      Object.fromEntries(Object.entries(depends_on).map(([on, { condition }]) => [on, condition])),
    ]);
    expect(Object.fromEntries(waits)).toEqual({
      postgres: {},
      'temporal-schema': { postgres: 'service_healthy' },
      temporal: { postgres: 'service_healthy', 'temporal-schema': 'service_completed_successfully' },
      'temporal-setup': { temporal: 'service_healthy' },
      'temporal-ui': { temporal: 'service_healthy' },
      worker: { temporal: 'service_healthy', 'temporal-setup': 'service_completed_successfully' },
      gateway: { temporal: 'service_healthy', 'temporal-setup': 'service_completed_successfully' },
    });
  });

  it.each(services)(
    '%s waits for the end of one-shots and for the health of the others',
    (_name, { depends_on = {} }) => {
      for (const [on, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe(isOneShot(service(on)) ? 'service_completed_successfully' : 'service_healthy');
      }
    },
  );

  it('keeps the database in a named volume', () => {
    expect(service('postgres').volumes).toEqual(['postgres-data:/var/lib/postgresql/data']);
    expect(compose.volumes).toHaveProperty('postgres-data');
  });

  it('mounts and runs files that exist', () => {
    const mounted = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .filter((volume) => typeof volume === 'string')
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((source) => source.startsWith('.'));
    const run = services
      .flatMap(([, { entrypoint = [] }]) => entrypoint)
      .filter((word) => word.startsWith('/opt/holdfast/'))
      .map((path) => path.replace('/opt/holdfast/', './'));
    expect(run).toHaveLength(2);
    for (const path of [...mounted, ...run]) expect(existsSync(fromRoot(path)), path).toBe(true);
  });

  it('gives the server the dynamic config of deploy/', () => {
    expect(environmentOf('temporal')['DYNAMIC_CONFIG_FILE_PATH']).toBe(
      '/etc/temporal/config/dynamicconfig/holdfast.yaml',
    );
    expect(parse(read('deploy/dynamicconfig/holdfast.yaml'))).toEqual({
      'history.timerProcessorMaxTimeShift': [{ value: '50ms' }],
      'system.enableActivityEagerExecution': [{ value: true }],
      'history.visibilityProcessorMaxPollRPS': [{ value: 1 }],
      'history.visibilityTaskBatchSize': [{ value: 1000 }],
      'matching.useNewMatcher': [{ value: true }],
      'matching.enableFairness': [{ value: true }],
      'matching.numTaskqueueReadPartitions': [{ value: 1 }],
      'matching.numTaskqueueWritePartitions': [{ value: 1 }],
      'limit.maxIDLength': [{ value: 255 }],
    });
  });
});

describe('the gateway', () => {
  const gateway = service('gateway');

  it('has the config of the worker, and listens where its port and its health check lead', () => {
    expect(gateway.command).toEqual(expect.arrayContaining(['gateway', '--config', '/etc/holdfast/config.yaml']));
    expect(optionOf(gateway, '--host')).toBe('0.0.0.0');
    expect(gateway.ports).toEqual([`127.0.0.1:\${HOLDFAST_PORT:-${DEFAULT_PORT}}:${DEFAULT_PORT}`]);
    expect(gateway.healthcheck?.test.at(-1)).toContain(`http://127.0.0.1:${DEFAULT_PORT}/health/liveness`);
  });

  it('keeps files in a named volume that the worker sees under the same name', () => {
    const files = optionOf(gateway, '--files');
    expect(gateway.volumes).toContain(`files:${files}`);
    expect(compose.volumes).toHaveProperty('files');
    expect(gateway.volumes).toEqual(service('worker').volumes);
  });

  it('has time to answer what is under way, and looks where the worker works', () => {
    expect(gateway.stop_grace_period).toBe(service('worker').stop_grace_period);
    for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']) {
      expect(environmentOf('gateway')[name]).toBe(environmentOf('worker')[name]);
    }
  });
});

describe('the worker', () => {
  const worker = service('worker');

  it('runs with a config file that the user may replace and it may not write', () => {
    expect(worker.command).toEqual(['worker', '--config', '/etc/holdfast/config.yaml']);
    expect(worker.volumes).toEqual([
      {
        type: 'bind',
        source: '${HOLDFAST_CONFIG:-./holdfast.example.yaml}',
        target: '/etc/holdfast/config.yaml',
        read_only: true,
        bind: { create_host_path: false },
      },
      expect.any(String),
    ]);
  });

  it('has time to drain its calls (10 s) before it is killed', () => {
    expect(Number.parseInt(worker.stop_grace_period ?? '', 10)).toBeGreaterThanOrEqual(20);
    expect(worker.init).toBe(true);
  });

  it('polls the namespace that the set-up makes', () => {
    expect(environmentOf('worker')['TEMPORAL_NAMESPACE']).toBe(environmentOf('temporal-setup')['TEMPORAL_NAMESPACE']);
    expect(environmentOf('worker')['TEMPORAL_ADDRESS']).toBe(environmentOf('temporal-setup')['TEMPORAL_ADDRESS']);
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('is based on a glibc image of Node that package.json allows', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base ?? '');
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)/gm)].map(([, stage]) => stage);
    for (const base of bases.filter((name) => !stages.includes(name))) {
      expect(base).toMatch(/^node:(20|22|24)-bookworm-slim$/);
      expect(base).not.toContain('alpine');
    }
  });

  it('runs the worker without root, and stops it with SIGTERM', () => {
    const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(lastStage).toMatch(/^USER node$/m);
    expect(lastStage).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(lastStage).toContain('ENTRYPOINT ["node", "--enable-source-maps", "dist/cli/main.js"]');
    expect(lastStage).toContain('CMD ["worker"]');
  });

  it('has the folder of the files, owned by its user: a new volume takes both from it', () => {
    const files = optionOf(service('gateway'), '--files');
    expect(dockerfile).toContain(`\nRUN install -d -o node -g node ${files}\nUSER node\n`);
  });

  it('copies nothing that .dockerignore keeps out', () => {
    const allowed = new Set([...read('.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, name]) => name));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names]) => names?.split(' ') ?? [],
    );
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) expect(allowed).toContain(name);
    expect(allowed).not.toContain('.env');
  });
});

describe('deploy/', () => {
  it("registers the project's search attributes", () => {
    const lines = read('deploy/search-attributes.txt').trimEnd().split('\n');
    expect(Object.fromEntries(lines.map((line) => line.split(' ')))).toEqual(SEARCH_ATTRIBUTES);
  });

  it.each(deployScripts.flatMap((name) => ['sh', 'bash'].map((shell) => ({ name, shell }))))(
    '$name is read by $shell without an error',
    ({ name, shell }) => {
      const { status, stderr } = spawnSync(shell, ['-n', fromRoot(`deploy/${name}`)], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );
});

describe.skipIf(skipWithout('go'))('the Compose loader', () => {
  it('accepts docker-compose.yml, and refuses it without a password', { timeout: 300_000 }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [fromRoot('scripts/check-compose.mjs')], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('docker-compose.yml is valid: gateway, postgres, temporal, ');
    expect(stdout).toContain('Without POSTGRES_PASSWORD it is refused');
  });
});

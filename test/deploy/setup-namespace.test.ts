import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';

const script = fileURLToPath(new URL('../../deploy/setup-namespace.sh', import.meta.url));
const temporalCli = locate('temporal-cli') ?? '';
const namespace = `deploy-${randomUUID()}`;

function run(command: string, args: readonly string[], settings: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: {
      PATH: `${dirname(temporalCli)}:${process.env['PATH']}`,
      // Not the user's own, whose Temporal profile would count.
      HOME: tmpdir(),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: namespace,
      ...settings,
    },
  });
  return { status, stdout, stderr };
}

const setUp = (settings?: Record<string, string>) => run('sh', [script], settings);
const operator = (of: string, ...args: readonly string[]) => run(temporalCli, ['operator', ...args, '--namespace', of]);

function searchAttributes(): unknown {
  const { stdout } = operator(namespace, 'search-attribute', 'list', '--output', 'json');
  return (JSON.parse(stdout) as { customAttributes: unknown }).customAttributes;
}

function retention(): unknown {
  const { stdout } = operator(namespace, 'namespace', 'describe', '--output', 'json');
  return (JSON.parse(stdout) as { config: { workflowExecutionRetentionTtl: string } }).config
    .workflowExecutionRetentionTtl;
}

const expectedAttributes = Object.fromEntries(
  Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, `INDEXED_VALUE_TYPE_${type.toUpperCase()}`]),
);

describe.skipIf(skipWithout('temporal-cli'))('deploy/setup-namespace.sh, run against a server', () => {
  it('creates the namespace with its retention and search attributes', () => {
    const { status, stdout, stderr } = setUp();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Created the namespace ${namespace}`);
    expect(searchAttributes()).toEqual(expectedAttributes);
    expect(retention()).toBe(`${168 * 3600}s`);
  });

  it('changes nothing when it runs again', () => {
    const { status, stdout, stderr } = setUp();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`The namespace ${namespace} exists`);
    expect(searchAttributes()).toEqual(expectedAttributes);
    expect(retention()).toBe(`${168 * 3600}s`);
  });

  it('brings another retention to a namespace that exists', () => {
    expect(setUp({ HOLDFAST_RETENTION: '24h' }).status).toBe(0);
    expect(retention()).toBe(`${24 * 3600}s`);
  });

  it('fails when a search attribute exists with another type', async () => {
    const other = `deploy-${randomUUID()}`;
    expect(operator(other, 'namespace', 'create', '--retention', '24h').status).toBe(0);
    const create = ['search-attribute', 'create', '--name', 'HoldfastGroup', '--type', 'Int'];
    // A new namespace is unknown to the rest of the server for some seconds.
    await waitFor(() => operator(other, ...create).status === 0);

    const { status, stderr } = setUp({ TEMPORAL_NAMESPACE: other });
    expect(status).not.toBe(0);
    expect(stderr).toContain('HoldfastGroup already exists and has different type');
  });
});

import { inject } from 'vitest';
import { pythonProgram } from '../../scripts/python/environments.js';
import { findOnPath } from '../../src/dev-server/probe.js';
import { mayMount } from './small-disk.js';

const onPath = (...names: readonly string[]): string | undefined =>
  names.map((name) => findOnPath(name, process.env)).find((path) => path !== undefined);

const LOCATE = {
  /** The browser's executable. */
  chromium: () => process.env['HOLDFAST_CHROMIUM'] ?? onPath('chromium', 'chromium-browser', 'google-chrome'),
  /** Interpreters of the environments that `npm run python-env` makes; for others of their programs `pythonProgram`. */
  'python-litellm': () => pythonProgram('litellm'),
  'python-openai': () => pythonProgram('openai'),
  'python-anthropic': () => pythonProgram('anthropic'),
  'python-clients': () => pythonProgram('clients'),
  'python-agents': () => pythonProgram('agents'),
  'python-moto': () => pythonProgram('moto'),
  'python-schemathesis': () => pythonProgram('schemathesis'),
  'python-kubernetes': () => pythonProgram('kubernetes'),
  /** Of the same package as `prometheus`. */
  promtool: () => onPath('promtool'),
  prometheus: () => onPath('prometheus'),
  openssl: () => onPath('openssl'),
  curl: () => onPath('curl'),
  jq: () => onPath('jq'),
  go: () => onPath('go'),
  /** The right to mount disks: its program, where the process has it. */
  mounts: () => (mayMount() ? onPath('mount') : undefined),
  /** Gives a program a terminal; that of other systems takes other arguments. */
  script: () => (process.platform === 'linux' ? onPath('script') : undefined),
  /** Absent only where the run was given a running server and has no CLI. */
  'temporal-cli': () => inject('temporalCli') ?? undefined,
} satisfies Record<string, () => string | undefined>;

export type Requirement = keyof typeof LOCATE;

/** The path of something that tests may need from the machine, undefined where it is absent. */
export function locate(requirement: Requirement): string | undefined {
  return LOCATE[requirement]();
}

/**
 * For `describe.skipIf(skipWithout('chromium'))`: whether the machine lacks any of these.
 * @throws Error when it does and `REQUIRE_ALL=1`, where nothing may be skipped
 */
export function skipWithout(...requirements: readonly Requirement[]): boolean {
  const absent = requirements.filter((requirement) => locate(requirement) === undefined);
  if (absent.length === 0) return false;
  const names = absent.join(' and ');
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`REQUIRE_ALL=1, but this machine has no ${names}`);
  console.warn(`skipped: no ${names} on this machine`);
  return true;
}

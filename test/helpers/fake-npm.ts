import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { NodeRelease } from '../../scripts/node-release.mjs';

/**
 * An npm that notes its calls and puts a program in the place of the release's Node. It holds for this process and its
 * children until `vi.unstubAllEnvs`.
 * @param options.fails - it installs nothing and says this
 * @param options.answers - what the program does, as a line of shell
 */
export async function fakeNpm(
  folder: string,
  release: NodeRelease,
  { fails, answers = `echo v${release.version}` }: { fails?: string; answers?: string } = {},
): Promise<{ calls: () => Promise<string[]> }> {
  const npm = join(folder, 'npm', 'npm-cli.js');
  const log = join(folder, 'npm', 'calls');
  const program = ['#!/bin/sh', answers, ''].join('\n');
  await mkdir(join(folder, 'npm'), { recursive: true });
  await writeFile(join(folder, 'npm', 'package.json'), '{ "type": "module" }');
  await writeFile(
    npm,
    [
      "import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';",
      `appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n');`,
      fails === undefined ? '' : `console.error(${JSON.stringify(fails)}); process.exit(1);`,
      "const prefix = process.argv.find((arg) => arg.startsWith('--prefix=')).slice('--prefix='.length);",
      `const bin = prefix + '/node_modules/${release.package}/bin';`,
      'mkdirSync(bin, { recursive: true });',
      `writeFileSync(bin + '/node', ${JSON.stringify(program)}, { mode: 0o755 });`,
    ].join('\n'),
  );
  vi.stubEnv('npm_execpath', npm);
  return { calls: async () => (await readFile(log, 'utf8')).trim().split('\n') };
}

// What the package @holdfast/client costs whoever installs it: npm run bench:client-package
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../scripts/pack.mjs';
import { npmCommand } from '../scripts/run.mjs';

const TIMES = 9;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-client-package-'));
try {
  await pack((line) => console.error(line), folder);
  const tarball = readdirSync(folder).find((name) => name.startsWith('holdfast-client-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const [npm, ...args] = npmCommand();
  const install = [
    ...args,
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    join(folder, tarball),
  ];
  execFileSync(npm, install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const packages = execFileSync(npm, [...args, 'ls', '--all', '--parseable'], { cwd: folder, encoding: 'utf8' });
  console.log(`packages: ${packages.trim().split('\n').length - 1}`);
  console.log(`on disk: ${(bytesOf(join(folder, 'node_modules')) / 1e6).toFixed(1)} MB`);
  for (const load of ["await import('@holdfast/client')", "require('@holdfast/client')"]) {
    const { wallMs, cpuMs } = timeOf(load);
    console.log(`${load}: ${wallMs} ms, ${cpuMs} ms of CPU`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function bytesOf(path) {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

/** The medians of fresh processes. */
function timeOf(load) {
  const type = load.startsWith('await') ? 'module' : 'commonjs';
  const code = `const before = process.cpuUsage(); const from = performance.now(); ${load};
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ wallMs: performance.now() - from, cpuMs: (user + system) / 1000 }));`;
  const runs = Array.from({ length: TIMES }, () =>
    JSON.parse(execFileSync(process.execPath, [`--input-type=${type}`, '-e', code], { cwd: folder, encoding: 'utf8' })),
  );
  return { wallMs: median(runs.map(({ wallMs }) => wallMs)), cpuMs: median(runs.map(({ cpuMs }) => cpuMs)) };
}

function median(numbers) {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]);
}

// Checks docker-compose.yml with the loader that Docker Compose itself uses; needs Go, but no container engine.
//
//   node scripts/check-compose.mjs
//
// Without Go the check is skipped, or fails where REQUIRE_ALL=1. The loader is built once, into the
// user's cache outside the clone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './cache-directory.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const composeFile = join(root, 'docker-compose.yml');
const envExample = join(root, '.env.example');
const loaderSource = join(root, 'test', 'deploy', 'compose-loader');

/** Ends the check where it cannot be made: success on a contributor's machine, failure where everything is required. */
function skip(reason) {
  if (process.env.REQUIRE_ALL === '1') fail(`${reason} REQUIRE_ALL=1 does not allow to skip the check.`);
  console.log(`Skipped the check of docker-compose.yml: ${reason}`);
  process.exit(0);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** The path of a loader built from exactly these sources. */
function cachedLoader() {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(loaderSource, name)));
  const name = process.platform === 'win32' ? 'compose-loader.exe' : 'compose-loader';
  return join(cacheDirectory(), 'compose-go', hash.digest('hex').slice(0, 12), name);
}

function buildLoader(loader) {
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (go.status !== 0) skip('Go is not installed (https://go.dev/dl).');
  console.log(`Building the Compose loader with ${go.stdout.trim()}: once, takes up to a minute …`);
  const startedAt = Date.now();
  mkdirSync(dirname(loader), { recursive: true });
  const unfinished = `${loader}.${process.pid}`;
  const build = spawnSync('go', ['build', '-mod=readonly', '-trimpath', '-o', unfinished, '.'], {
    cwd: loaderSource,
    env: { ...process.env, GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (build.status !== 0) skip(`the Compose loader could not be built:\n${build.stderr.trim()}\n`);
  renameSync(unfinished, loader);
  console.log(`Built ${loader} in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

function load(loader, envFile) {
  const { status, stdout, stderr, error } = spawnSync(loader, [composeFile, envFile], { encoding: 'utf8' });
  if (error) fail(`Could not run ${loader}: ${error.message}`);
  return { accepted: status === 0, services: stdout.trim().split('\n'), message: stderr.trim() };
}

/** Loads the file without a password; it must be refused with a message that says what to do. */
function loadWithoutPassword(loader) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-compose-'));
  try {
    const envFile = join(directory, 'env');
    writeFileSync(envFile, readFileSync(envExample, 'utf8').replace(/^POSTGRES_PASSWORD=.*$/m, ''));
    return load(loader, envFile);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const loader = cachedLoader();
if (!existsSync(loader)) buildLoader(loader);

const complete = load(loader, envExample);
if (!complete.accepted) fail(`docker-compose.yml was refused:\n${complete.message}`);
console.log(`docker-compose.yml is valid: ${complete.services.join(', ')}.`);

const incomplete = loadWithoutPassword(loader);
if (incomplete.accepted) fail('docker-compose.yml was accepted without POSTGRES_PASSWORD.');
if (!/POSTGRES_PASSWORD.*Copy \.env\.example to \.env/.test(incomplete.message)) {
  fail(`Without POSTGRES_PASSWORD, the refusal does not say what to do:\n${incomplete.message}`);
}
console.log('Without POSTGRES_PASSWORD it is refused, as it should be.');

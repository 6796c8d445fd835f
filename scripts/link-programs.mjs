import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cachedNode, preferredRelease } from './node-release.mjs';
import { ROOT } from './run.mjs';

const BIN = join(ROOT, 'node_modules', '.bin');
const IS_WINDOWS = process.platform === 'win32';

/**
 * Puts what npm does not put there into `node_modules/.bin`, which is first on the PATH of all that `npm run` and `npx`
 * start: the clone's own command, and the Node that was fetched, where this is it.
 */
export function linkPrograms() {
  mkdirSync(BIN, { recursive: true });
  linkCommand();
  if (isFetchedNode()) linkNode();
}

/** npm links the commands of dependencies only. */
function linkCommand() {
  if (IS_WINDOWS) {
    writeFileSync(join(BIN, 'holdfast.cmd'), '@node "%~dp0\\..\\..\\scripts\\holdfast.mjs" %*\r\n');
    return;
  }
  link('../../scripts/holdfast.mjs', 'holdfast');
}

function isFetchedNode() {
  const release = preferredRelease();
  if (release === undefined) return false;
  const { program } = cachedNode(release);
  return existsSync(program) && realpathSync(program) === realpathSync(process.execPath);
}

function linkNode() {
  if (IS_WINDOWS) copyFileSync(process.execPath, join(BIN, 'node.exe'));
  else link(process.execPath, 'node');
}

/** In one step: others may be starting it. */
function link(target, name) {
  const place = join(BIN, name);
  if (isLinkTo(target, place)) return;
  const unfinished = `${place}.${process.pid}`;
  symlinkSync(target, unfinished);
  renameSync(unfinished, place);
}

function isLinkTo(target, place) {
  try {
    return readlinkSync(place) === target;
  } catch {
    return false;
  }
}

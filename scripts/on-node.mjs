// Imported first by all that is started by hand: on a Node that is too old, the same command is run again by a newer one
// from the cache, and this process only waits for it. The newer one is first on the PATH of all that is started then.
import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { cachedNode, isNewEnough, MINIMUM_NODE, NodeError, nodeOf, preferredRelease } from './node-release.mjs';
import { runInForeground } from './run.mjs';

async function runOnNewerNode() {
  // Not to the output, which may be read by a program.
  const report = (line) => console.error(line);
  try {
    const release = preferredRelease();
    if (release === undefined || !existsSync(cachedNode(release).program)) {
      report(`Holdfast needs Node ${MINIMUM_NODE} or newer; this is ${process.versions.node}.`);
    }
    const node = await nodeOf(release, report);
    process.env.PATH = [dirname(node), process.env.PATH].join(delimiter);
    return await runInForeground([node, ...process.execArgv, ...process.argv.slice(1)], process.cwd());
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    report(error.message);
    return 1;
  }
}

if (!isNewEnough(process.versions.node)) process.exit(await runOnNewerNode());

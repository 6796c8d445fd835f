// Shows what Holdfast does: calls, or a batch, that meet the errors of real providers, and workers that are killed.
//
//   npm run demo [-- --keep]
//   npm run demo:batch [-- --keep]
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { onStopSignal } from '../src/cli/signals.js';
import { playBatch } from './demo/batch/play-batch.js';
import { play, type Played } from './demo/play.js';
import { Interrupted, Run } from './demo/run.js';
import { Screen } from './demo/screen.js';

const HELP = `npm run demo [-- options]         calls, one after the other
npm run demo:batch [-- options]   1,319 rows as one batch

  --keep      at the end, keep everything up until Ctrl-C (default: on a terminal)
  --no-keep   at the end, stop everything at once (default: without a terminal)

With OPENAI_API_KEY the real API is called; without, a scripted provider that fails as real ones do.
With TEMPORAL_ADDRESS or a Temporal profile, that server is used; say where its UI is with TEMPORAL_UI.`;

const EXIT_INTERRUPTED = 130;

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.log(options);
    return options === HELP ? 0 : 2;
  }
  const run = new Run();
  const screen = new Screen(process.stdout);
  // A reader that goes away, `head` for instance, ends the demo.
  process.stdout.on('error', () => run.fail(new Interrupted('nobody reads the output')));
  onStopSignal(() => run.fail(new Interrupted('interrupted')));
  try {
    const played = await (options.batch ? playBatch : play)(run, screen);
    if (options.keep ?? (process.stdin.isTTY && process.stdout.isTTY)) await keep(run, screen, played);
    return played.ok ? 0 : 1;
  } catch (error) {
    screen.status('');
    if (error instanceof Interrupted) {
      console.error('\nInterrupted; stopping everything that the demo started.');
      await run.end();
      if (run.logs !== null) await rm(run.logs, { recursive: true, force: true });
      return EXIT_INTERRUPTED;
    }
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    if (run.logs !== null) console.error(`Logs: ${run.logs}`);
    return 1;
  } finally {
    await run.end();
  }
}

/** The options, or what to say instead of a demo. */
function readOptions(args: string[]): { batch: boolean; keep?: boolean } | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { keep: { type: 'boolean' }, help: { type: 'boolean' } },
      allowNegative: true,
      allowPositionals: true,
    });
    const batch = positionals[0] === 'batch';
    return values.help ? HELP : { batch, ...(values.keep !== undefined && { keep: values.keep }) };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`;
  }
}

/** Lets people look around; a Ctrl-C is the way to end that, not an interruption. */
async function keep(run: Run, screen: Screen, { stage }: Played): Promise<void> {
  const { ui } = stage.server;
  const [group = 'GROUP'] = Object.keys(stage.config.routing.groups);
  const enter = process.stdin.isTTY;
  screen.heading(`Everything stays up until you press Ctrl-C${enter ? ' or Enter' : ''}.`);
  if (ui !== null) screen.row(`UI  ${ui}`, 'cyan');
  // The command prints the address of its call, and takes it that the UI is where it usually is.
  const where = ui === null || ui.endsWith(':8233') ? '' : `HOLDFAST_UI=${ui} `;
  screen.row(`Make a call of your own:  ${where}npx holdfast call "Say hello" --model ${group} ${stage.flags}`);
  const entered = enter ? once(process.stdin, 'data') : new Promise<never>(() => undefined);
  try {
    await run.until(entered);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}

process.exit(await main(process.argv.slice(2)));

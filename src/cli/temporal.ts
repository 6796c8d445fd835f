import { spawn } from 'node:child_process';
import { findTemporalCli } from '../dev-server/index.js';
import { placeOf, temporalSettings } from '../temporal/settings.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { exitCode, type ExitCode } from './exit-codes.js';
import { onStopSignal } from './signals.js';
import { UsageError } from './usage-error.js';

/** For its help: whatever follows `holdfast temporal` is Temporal's, also what would be an option here. */
export const configure: ConfigureCommand = (command) => {
  command
    .argument('[args...]', "as Temporal's CLI takes them")
    .addHelpText('after', examples('holdfast temporal workflow show --workflow-id call-7d4c…'))
    .action(() => {
      throw new UsageError('options for Temporal stand behind its name: `holdfast temporal workflow list --address …`');
    });
};

/** Runs Temporal's CLI on this terminal, against the server and the namespace that other commands use. */
export async function runTemporal(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<ExitCode> {
  const report = (line: string) => console.error(`holdfast: ${line}`);
  const cli = await findTemporalCli({ report, env, useExistingServer: false });
  if (cli.kind !== 'cli') throw new Error("the search for Temporal's CLI found a server");
  const { address, namespace } = placeOf(temporalSettings());
  const child = spawn(cli.path, args, {
    stdio: 'inherit',
    env: { ...env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
  });
  // The terminal tells both; this one waits for the other.
  onStopSignal(() => undefined);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return exitCode(code === 0 ? 'ok' : 'callFailed');
}

import { FAULT_NAMES, parseScript, startMockProvider, type MockProvider } from '../mock-provider/index.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples } from './examples.js';
import { port, wholeNumber } from './option-values.js';
import { readTextFile } from './read-json.js';
import { onStopSignal } from './signals.js';
import { UsageError } from './usage-error.js';
import { wrapped } from './wrap.js';

interface MockProviderCliOptions {
  port: number;
  script?: string;
  latency: number;
}

/** What is left of a line behind two spaces. */
const NAMES_WIDTH = 76;

const GRAMMAR = `
The name of a model says what the provider does, one fault after the other; the
last one repeats:
  openai/429x2,500,ok            two times 429, then 500, then good answers
  openai/429(retry-after=2),ok   headers in parentheses, several with ;
  openai/slow(0.5)               some words take a number: seconds, or bytes for
                                 large
  openai/held                    an answer when it is told to go on:
                                 curl -X POST localhost:PORT/mock/release
Any status 200 to 599 is a fault name, and so are:
${wrapped(FAULT_NAMES.join(', '), NAMES_WIDTH)
  .map((line) => `  ${line}`)
  .join('\n')}
Each prompt goes through the faults from the start. A script gives models a
fault name or steps, each model going through them once:
{"a-model": "503x2,ok"}. Or faults of which some hit a share of the requests, as
if by chance:
{"a-model": {"rate": 0.05, "faults": "429(retry-after=1),500,reset", "seed": 7}}`;

export const configure: ConfigureCommand = (command) => {
  command
    .option('--port <port>', '0: a free one', port, 0)
    .option('--script <file>', 'what each model does, as JSON')
    .option('--latency <ms>', 'wait before every answer, in milliseconds', wholeNumber(0, 600_000), 0)
    .addHelpText('after', GRAMMAR)
    .addHelpText('after', examples('holdfast mock-provider --port 9000', 'holdfast mock-provider --script faults.json'))
    .action(async () => {
      const options = command.optsWithGlobals<MockProviderCliOptions>();
      const provider = await start(options);
      console.log(howToUse(provider.url));
      await new Promise<void>((resolve) => {
        onStopSignal(() => resolve());
      });
      await provider.close();
    });
};

async function start({ port, script, latency }: MockProviderCliOptions): Promise<MockProvider> {
  const steps = script === undefined ? {} : parseScript(await readTextFile(script));
  try {
    return await startMockProvider({ port, script: steps, latencyMs: latency, journal: false });
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken ? new UsageError(`port ${port} is taken; choose another with --port, 0 for a free one`) : error;
  }
}

function howToUse(url: string): string {
  return `mock provider: ${url}/v1
Point a config at it:
  model_list:
    - model_name: demo
      litellm_params:
        model: openai/429x2,ok
        api_base: ${url}/v1
        api_key: none`;
}

import { isCallError, type CallError } from '../client/errors.js';
import type { HoldfastClient } from '../client/holdfast-client.js';
import type { CallRequest } from '../client/request-types.js';
import { uiAddress } from '../client/ui-address.js';
import type { Operation } from '../core/common/operations.js';
import { temporalSettings } from '../temporal/settings.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { answerText } from './answer-text.js';
import { examples } from './examples.js';
import { exitCode, type ExitCode } from './exit-codes.js';
import { followCall, type Followed } from './follow-call.js';
import { operationOption, promptOf } from './operation.js';
import { ageMs, seconds, time, timeOrAge, wholeNumber } from './option-values.js';
import { promptOfArgument } from './prompt-of-argument.js';
import { printable } from './printable.js';
import { A_REQUEST, readJsonObject } from './read-json.js';
import { UsageError } from './usage-error.js';
import { withClient } from './with-client.js';

interface CallCliOptions extends GlobalOptions {
  operation: Operation;
  model?: string;
  file?: string;
  id?: string;
  timeout?: number;
  numRetries?: number;
  json?: true;
  detach?: true;
  progress?: boolean;
  startAt?: Date;
  startAfter?: number;
  expires?: Date | number;
  webhook?: string;
}

export const configure: ConfigureCommand = (command, end) => {
  command
    .argument(
      '[prompt]',
      'a text: the user message of a chat, the input of embeddings, …; @file: what is in a file; -: standard input',
    )
    .addOption(operationOption())
    .option('--model <group>', 'model group; required unless the file names one')
    .option('--file <file>', 'a request as JSON, - for standard input; other options win over it')
    .option('--id <key>', 'id of the call: the same id and request again joins the call or repeats its answer')
    .option('--timeout <seconds>', 'for the whole call, all retries and fallbacks', seconds({ zero: false }))
    .option(
      '--num-retries <n>',
      'in each group, for errors that are retried by default and that no policy field covers; 0: no retries at all',
      wholeNumber(0),
    )
    .option('--start-at <time>', 'begins then: 2027-01-31T08:00, in local time', time)
    .option('--start-after <age>', 'begins so much later: 90s, 30m, 2h, 1d', ageMs)
    .option('--expires <when>', 'a time, or an age from now: it ends then, if it has not', timeOrAge)
    .option('--webhook <name>', 'the webhook of the config that is told of the call')
    .option('--json', 'print {callId, response, report}, or {error: {kind, status, message, callId, ledger}}')
    .option('--detach', 'start the call, print its id and leave')
    .option('--progress', 'show every attempt on standard error (default: when that is a terminal)')
    .option('--no-progress', 'do not')
    .addHelpText(
      'after',
      examples(
        'holdfast call "Say hello" --model gpt-4o',
        'holdfast call --file request.json --timeout 3600 --json > answer.json',
        'holdfast call "A text" --model text-embedding-3-small --operation embeddings',
        'holdfast call @report.txt --model gpt-4o --id report-17 --detach',
      ),
    )
    .action(async (prompt: string | undefined) => {
      const options = command.optsWithGlobals<CallCliOptions>();
      const request = await requestOf(prompt, options);
      end(await withClient(options, (client) => call(client, request, options)));
    });
};

/** The request as far as the command line goes; the client checks it. */
async function requestOf(prompt: string | undefined, options: CallCliOptions): Promise<CallRequest<Operation>> {
  const { operation, file, model, timeout, numRetries } = options;
  if ((prompt === undefined) === (file === undefined)) {
    throw new UsageError(
      'give either a prompt or --file: `holdfast call "Say hello" --model GROUP`; - takes the prompt from standard input',
    );
  }
  const request = {
    ...(prompt === undefined ? {} : promptOf(operation, await promptOfArgument(prompt))),
    ...(file === undefined ? {} : await readJsonObject(file, A_REQUEST)),
    ...(model === undefined ? {} : { model }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(numRetries === undefined ? {} : { num_retries: numRetries }),
  };
  if (!('model' in request)) throw new UsageError('no model group: name one with --model GROUP');
  return request as unknown as CallRequest<Operation>;
}

async function call(
  client: HoldfastClient,
  request: CallRequest<Operation>,
  options: CallCliOptions,
): Promise<ExitCode> {
  const { namespace, taskQueue } = temporalSettings(options);
  const handle = await start(client, request, options);
  const { callId } = handle;
  const ui = uiAddress({ namespace, callId });
  if (options.detach === true) {
    console.log(options.json === true ? JSON.stringify({ callId, ui }, null, 2) : callId);
    console.error(ui);
    return exitCode('ok');
  }
  console.error(`call ${callId}  ${ui}`);
  const progress = options.progress ?? process.stderr.isTTY;
  try {
    return print(await followCall(handle, { client, taskQueue, progress }), callId, options);
  } catch (error) {
    console.error(`Call ${callId} was started and goes on. ${howToFollow(callId)}`);
    throw error;
  }
}

async function start(client: HoldfastClient, request: CallRequest<Operation>, options: CallCliOptions) {
  const { operation, id, json, startAt, startAfter, expires, webhook } = options;
  try {
    return await client.start(request, {
      operation,
      idempotencyKey: id,
      webhook,
      startAt,
      startAfter: startAfter === undefined ? undefined : startAfter / 1000,
      expires: typeof expires === 'number' ? expires / 1000 : expires,
    });
  } catch (error) {
    if (json === true && isCallError(error)) console.log(errorJson(error));
    throw error;
  }
}

function print(followed: Followed, callId: string, { json }: CallCliOptions): ExitCode {
  switch (followed.end) {
    case 'answered': {
      const { response, report } = followed.result;
      const answer = answerText(response);
      if (json === true) console.log(JSON.stringify({ callId, response, report }, null, 2));
      else console.log(process.stdout.isTTY ? printable(answer) : answer);
      return exitCode('ok');
    }
    case 'failed': {
      const { kind, status, message } = followed.error;
      if (json === true) console.log(errorJson(followed.error));
      console.error(`holdfast: ${kind} (${status}): ${printable(message)}`);
      console.error(`Every attempt: holdfast inspect ${callId}`);
      return exitCode('callFailed');
    }
    case 'interrupted':
      console.error(`Not followed any more; call ${callId} goes on. ${howToFollow(callId)}`);
      return exitCode('interrupted');
  }
}

function howToFollow(callId: string): string {
  return `See it: holdfast inspect ${callId}  Cancel it: holdfast cancel ${callId}`;
}

function errorJson({ kind, status, message, callId, ledger }: CallError): string {
  return JSON.stringify({ error: { kind, status, message, callId, ledger } }, null, 2);
}

import { randomBytes } from 'node:crypto';
import { text as readAll } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { apiKeyId, sha256 } from '../config/index.js';
import type { ConfigureCommand } from './configure-command.js';
import { examples, note } from './examples.js';
import { UsageError } from './usage-error.js';

interface KeyOptions {
  stdin?: true;
  json?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('[id]', 'what logs call the key, and what keeps its calls apart from those of others', 'my-app')
    .option('--stdin', 'take the key from standard input instead of making one')
    .option('--json', 'print {id, key, sha256}; the key only if it is new')
    .addHelpText(
      'after',
      note('The config keeps the SHA-256 only. A key that is lost cannot be found again: make another.'),
    )
    .addHelpText('after', examples('holdfast key team-a', 'holdfast key team-a --stdin < key.txt'))
    .action(async (id: string) => {
      console.log(await keyFor(id, command.opts<KeyOptions>()));
    });
};

/** Shorter ones can be guessed: keys are asked for at the speed of a gateway. */
const LEAST_LENGTH = 16;

async function keyFor(id: string, { stdin, json }: KeyOptions): Promise<string> {
  const [problem] = apiKeyId.safeParse(id).error?.issues ?? [];
  if (problem !== undefined) throw new UsageError(`${JSON.stringify(id)} is no id: it ${problem.message}`);
  const made = stdin === true ? null : `sk-holdfast-${randomBytes(32).toString('base64url')}`;
  const key = made ?? (await givenKey());
  const digest = sha256(key);
  if (json === true) return JSON.stringify({ id, ...(made === null ? {} : { key: made }), sha256: digest }, null, 2);
  return [
    ...(made === null ? [] : [`The key, for whoever calls the gateway: ${made}`, '', 'Its entry in the config:', '']),
    stringify({ general_settings: { api_keys: [{ id, sha256: digest }] } }).trimEnd(),
  ].join('\n');
}

async function givenKey(): Promise<string> {
  const key = (await readAll(process.stdin)).trim();
  if (key === '') throw new UsageError('no key: standard input is empty');
  if (key.length < LEAST_LENGTH) throw new UsageError(`the key is too short: take at least ${LEAST_LENGTH} characters`);
  return key;
}

import { randomBytes } from 'node:crypto';
import { uiBase } from '../client/ui-address.js';
import { startCodecServer } from '../codec-server/codec-server.js';
import type { Listening } from '../listen.js';
import { loadConfig } from '../config/index.js';
import { LOOPBACK } from '../dev-server/ports.js';
import { keyRing } from '../encryption/key-ring.js';
import { temporalSettings } from '../temporal/settings.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples, note } from './examples.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { port } from './option-values.js';
import { onStopSignal } from './signals.js';
import { UsageError } from './usage-error.js';

interface CodecServerCliOptions extends GlobalOptions {
  config?: string;
  host: string;
  port: number;
  ui?: string;
}

const DEFAULT_PORT = 8234;

/** A shorter one can be guessed. */
const LEAST_LENGTH = 16;

export const configure: ConfigureCommand = (command) => {
  command
    .option('--config <file>', CONFIG_HELP)
    .option('--host <address>', 'to listen on', LOOPBACK)
    .option('--port <port>', 'to listen on, 0: a free one', port, DEFAULT_PORT)
    .option(
      '--ui <url>',
      "Temporal's UI, whose pages may ask (default: HOLDFAST_UI, TEMPORAL_UI, http://localhost:8233)",
    )
    .addHelpText('after', note('Who asks has the token: HOLDFAST_CODEC_TOKEN, else one that is made and printed.'))
    .addHelpText('after', examples('holdfast codec-server', 'holdfast codec-server --ui https://temporal.example.com'))
    .action(async () => {
      const server = await start(command.optsWithGlobals<CodecServerCliOptions>());
      await new Promise<void>((resolve) => {
        onStopSignal(() => resolve());
      });
      await server.close();
    });
};

async function start(options: CodecServerCliOptions): Promise<Listening> {
  const file = findConfig(options.config);
  const { encryption } = await loadConfig(file, { requireKeys: false, requireEncryptionKeys: true, lenient: true });
  const keys = keyRing(encryption);
  if (keys === undefined) throw new UsageError(`${file} has no keys of encryption: there is nothing to decrypt`);
  const { namespace } = temporalSettings(options);
  const { host } = options;
  const uiOrigin = originOf(options.ui ?? uiBase());
  const given = process.env['HOLDFAST_CODEC_TOKEN'] || undefined;
  if (given !== undefined && given.length < LEAST_LENGTH) {
    throw new UsageError(`HOLDFAST_CODEC_TOKEN is too short: take at least ${LEAST_LENGTH} characters`);
  }
  const token = given ?? randomBytes(24).toString('base64url');
  const server = await startCodecServer({ keys, namespace, host, port: options.port, uiOrigin, token });
  const shown = given === undefined ? token : 'TOKEN';
  console.log(`holdfast codec-server: decrypts for ${uiOrigin}, with the keys of ${file}
  Temporal's UI, at the glasses: ${server.url}/${shown}
  temporal workflow show … --codec-endpoint ${server.url} --codec-auth 'Bearer ${shown}'`);
  return server;
}

function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    throw new UsageError(`--ui: expected the URL of Temporal's UI, got ${url}`);
  }
}

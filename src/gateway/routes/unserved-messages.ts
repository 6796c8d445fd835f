import type { FastifyInstance } from 'fastify';
import { noSuchPath } from '../no-such-path.js';
import { Refusal } from '../refusal.js';
import { PREFIXES_OF } from './prefixes.js';

/** What of Anthropic's API is not served, by what follows `/messages/`, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  count_tokens: 'tokens are not counted here: ask the provider, or see usage in the answer of a message',
  batches: "Anthropic's batches are not served here: POST /v1/batches takes rows with the url /v1/messages",
};

/** The rest of Anthropic's API, so that its clients are told in its own form. */
export function registerUnservedMessages(app: FastifyInstance): void {
  for (const path of [...PREFIXES_OF.anthropic.map((prefix) => `${prefix}/messages/*`), '/anthropic/*']) {
    app.all<{ Params: { '*': string } }>(path, { config: { guard: 'key', api: 'anthropic' } }, ({ params, method }) => {
      const [name = ''] = params['*'].split('/');
      const message = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
      if (message === undefined) noSuchPath(method);
      throw new Refusal({ kind: 'NotFoundError', message });
    });
  }
}

import { fetch, type Dispatcher } from 'undici';
import type { Connection } from '../config/index.js';
import { isName } from '../core/common/names.js';
import { messagesHeaders } from './anthropic/messages-api.js';
import { createDispatcher } from './dispatcher.js';
import { keyHeaders } from './endpoints.js';
import { readBody } from './exchange.js';
import { fieldsOf } from '../core/common/fields.js';
import { joinHeaders } from './request-headers.js';
import { SignIns } from './sign-in/sign-ins.js';

/** Lists are long at some providers, but not as long as this. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_MODELS = 2000;

/** Its list is its own API's: docs.anthropic.com/en/api/models-list, 2026-11. */
const ANTHROPIC = 'anthropic';
const WHOLE_LIST = { limit: '1000' };

/** The names of the models that an endpoint lists; none where it lists none, or cannot be asked. Never throws. */
export type ListModels = (connection: Connection, signal: AbortSignal) => Promise<readonly string[]>;

/** Asks `GET {api_base}/models`, as OpenAI's API has it, once. */
export function createListModels(env: NodeJS.ProcessEnv = process.env): ListModels {
  const dispatcher = createDispatcher(env);
  const signIns = new SignIns(dispatcher, []);
  return async (connection, signal) => {
    try {
      return namesIn(await ask(connection, { dispatcher, signIns, signal }));
    } catch {
      return [];
    }
  };
}

interface Way {
  readonly dispatcher: Dispatcher;
  readonly signIns: SignIns;
  readonly signal: AbortSignal;
}

async function ask(connection: Connection, { dispatcher, signIns, signal }: Way): Promise<unknown> {
  const { provider, apiBase, organization, headers, query = {}, signIn } = connection;
  const params = new URLSearchParams({ ...query, ...(provider === ANTHROPIC && WHOLE_LIST) }).toString();
  const url = `${apiBase}/models${params === '' ? '' : `?${params}`}`;
  const ofKey = provider === ANTHROPIC ? messagesHeaders(connection) : keyHeaders(connection);
  const signed = signIn === undefined ? ofKey : await signIns.sign(signIn)({ method: 'GET', url, json: () => '' });
  const ofOrganization = organization === undefined ? {} : { 'openai-organization': organization };
  const sent = joinHeaders(signed, ofOrganization, headers);
  const response = await fetch(url, { headers: sent, redirect: 'manual', dispatcher, signal });
  const text = await readBody(response.body ?? [], MAX_BYTES);
  return response.ok ? JSON.parse(text) : null;
}

/** OpenAI's list, and the shapes that others have instead: a bare list, or one under another name. */
function namesIn(body: unknown): string[] {
  const { data, models } = fieldsOf(body);
  const list = [body, data, models].find(Array.isArray) ?? [];
  const names = list.flatMap((each: unknown): string[] => {
    const { id, name = id } = fieldsOf(each);
    const known = [each, id, name].find((value) => typeof value === 'string');
    return known !== undefined && isName(known) ? [known] : [];
  });
  return names.slice(0, MAX_MODELS);
}

import type { IncomingMessage } from 'node:http';
import { findBadRequest, findRoute, modelOf, type Route } from './endpoints.js';
import { echoedKey } from './error-bodies.js';
import { FAULT_NAMES } from './fault-names.js';
import { apiKeyOf } from './journal.js';
import type { Progress } from './progress.js';
import { isObject, type JsonObject } from './prompt.js';
import { errorReply, plainReply, respond, type Reply } from './respond.js';
import { CREATED } from './success-bodies.js';

interface HandlerOptions {
  progress: Progress;
  answer: (body: JsonObject) => string;
}

interface Handled {
  reply: Reply;
  model?: string;
  body?: unknown;
}

/** Decides what a request to one of the provider's endpoints gets. */
export function createHandler({ progress, answer }: HandlerOptions) {
  return function handle(req: IncomingMessage, text: string, number: number): Handled {
    const path = withoutQuery(req.url ?? '/');
    const method = req.method ?? '';
    const route = findRoute(path);
    if (route === undefined) return { reply: errorReply('bad-url', 'openai', { method, path }), body: parse(text) };
    const allowed = route.endpoint === 'models' ? 'GET' : 'POST';
    if (method !== allowed) return { reply: errorReply('bad-method', route.dialect, { param: allowed }) };
    if (route.endpoint === 'models') return { reply: plainReply(200, modelList(progress)) };
    return handleCall(req, route, route.endpoint, text, number);
  };

  function handleCall(
    req: IncomingMessage,
    route: Route,
    endpoint: Exclude<Route['endpoint'], 'models'>,
    text: string,
    number: number,
  ): Handled {
    const { dialect } = route;
    const body = parse(text);
    if (!isObject(body)) return { reply: errorReply('bad-json', dialect, {}), body };
    const model = modelOf(route, body);
    const bad = findBadRequest(endpoint, model, body);
    if (model === undefined || bad) {
      const facts = bad?.param === undefined ? {} : { param: bad.param };
      return {
        reply: errorReply(bad?.error ?? 'no-model', dialect, facts),
        body,
        ...(model !== undefined && { model }),
      };
    }
    const facts = () => ({ model, key: echoedKey(apiKeyOf(req)) });
    const reply = respond(progress.next(model, body), { number, endpoint, dialect, model, body, facts }, answer);
    return { reply, model, body };
  }
}

function modelList(progress: Progress): JsonObject {
  const ids = [...progress.models(), ...FAULT_NAMES];
  return { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'mock' })) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutQuery(url: string): string {
  const index = url.indexOf('?');
  return index === -1 ? url : url.slice(0, index);
}

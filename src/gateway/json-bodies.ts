import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isCrowdedJson, MAX_FIELDS } from '../core/common/crowded-json.js';
import { mayLoseNumbers, parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import { garbage } from '../garbage.js';
import { betweenSteps } from '../temporal/between-steps.js';
import { readBody } from './read-body.js';
import { Refusal } from './refusal.js';

/** Reads and writes JSON with every whole number as it is, however large. What fastify refuses stays refused. */
export function useExactJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', async (request: FastifyRequest, stream: IncomingMessage) => {
    const body = await readBody(request, stream);
    if (isCrowdedJson(body)) throw crowded();
    const value = await new Promise<unknown>((resolve, reject) => {
      void parse(request, body, (error, parsed) => (error === null ? resolve(parsed) : reject(error)));
    });
    await betweenSteps(body);
    garbage.collectSoon(body.length);
    return mayLoseNumbers(body) ? parseExactJson(body) : value;
  });
  app.setReplySerializer((payload) => stringifyExactJson(payload));
}

function crowded(): Refusal {
  const message = `the request is not valid: an object in it has more than ${MAX_FIELDS} fields`;
  return new Refusal({ kind: 'BadRequestError', message });
}

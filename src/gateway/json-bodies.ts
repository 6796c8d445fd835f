import type { FastifyInstance } from 'fastify';
import { isCrowdedJson, MAX_FIELDS } from '../core/common/crowded-json.js';
import { mayLoseNumbers, parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import { Refusal } from './refusal.js';

/** Reads and writes JSON with every whole number as it is, however large. What fastify refuses stays refused. */
export function useExactJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    if (isCrowdedJson(text)) return done(crowded());
    void parse(request, text, (error, value) => {
      done(error, error === null && mayLoseNumbers(text) ? parseExactJson(text) : value);
    });
  });
  app.setReplySerializer((payload) => stringifyExactJson(payload));
}

function crowded(): Refusal {
  const message = `the request is not valid: an object in it has more than ${MAX_FIELDS} fields`;
  return new Refusal({ kind: 'BadRequestError', message });
}

import type { FastifyInstance } from 'fastify';
import { mayLoseNumbers, parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';

/** Reads and writes JSON with every whole number as it is, however large. What fastify refuses stays refused. */
export function useExactJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    void parse(request, text, (error, value) => {
      done(error, error === null && mayLoseNumbers(text) ? parseExactJson(text) : value);
    });
  });
  app.setReplySerializer((payload) => stringifyExactJson(payload));
}

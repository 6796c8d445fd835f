import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isCrowdedJson, MAX_FIELDS } from '../core/common/crowded-json.js';
import { mayLoseNumbers, parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import { garbage } from '../garbage.js';
import { betweenSteps } from '../temporal/between-steps.js';
import { Refusal } from './refusal.js';

/** Reads and writes JSON with every whole number as it is, however large. What fastify refuses stays refused. */
export function useExactJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      const body = textOf(bytes);
      if (isCrowdedJson(body)) throw crowded();
      const value = await new Promise<unknown>((resolve, reject) => {
        void parse(request, body, (error, parsed) => (error === null ? resolve(parsed) : reject(error)));
      });
      await betweenSteps(body);
      garbage.collectSoon(body.length);
      return mayLoseNumbers(body) ? parseExactJson(body) : value;
    },
  );
  app.setReplySerializer((payload) => stringifyExactJson(payload));
}

/** The text of bytes that are nobody else's: they are given back at once, or they would be there until garbage is collected. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (bytes.length === bytes.buffer.byteLength) (bytes.buffer as ArrayBuffer).transfer(0);
  return text;
}

function crowded(): Refusal {
  const message = `the request is not valid: an object in it has more than ${MAX_FIELDS} fields`;
  return new Refusal({ kind: 'BadRequestError', message });
}

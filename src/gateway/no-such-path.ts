import { Refusal } from './refusal.js';

/** @throws Refusal, always */
export function noSuchPath(method: string): never {
  throw new Refusal({
    kind: 'NotFoundError',
    message: `there is no ${method} of this path here; GET /openapi.json has what there is`,
  });
}

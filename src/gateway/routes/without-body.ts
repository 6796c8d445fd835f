import type { FastifyInstance } from 'fastify';

/** For routes that want no body. Clients say all the same that JSON comes, and then send none. */
export function withoutBody(app: FastifyInstance, register: (app: FastifyInstance) => void): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
    register(scope);
  });
}

import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { described } from '../api-description.js';
import { ANYBODY, type Caller } from '../callers.js';
import type { GatewayContext } from '../context.js';
import { CallerBatches } from '../files/caller-batches.js';
import { CallerFiles } from '../files/caller-files.js';
import { pageOf, type PageQuery } from '../files/paging.js';
import { placeOf } from '../files/place.js';
import { StoredBytes } from '../files/stored-bytes.js';
import { receiveUpload } from '../files/upload.js';
import { Refusal } from '../refusal.js';
import { DESCRIBED_PREFIX, PREFIXES } from './prefixes.js';
import { withoutBody } from './without-body.js';

interface ById {
  Params: { id: string };
}

interface List {
  Querystring: PageQuery & { purpose?: string; order?: string };
}

/** As many as OpenAI lists at most. By default it are fewer here: each is a file that is read. */
const LIMITS = { byDefault: 100, most: 10_000 };

/** OpenAI's files: what batches read and write. Files of another key are none at all. */
export function registerFileRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const stored = new StoredBytes(() => gateway.config.gateway.eachKey?.maxStoredBytes);
  const filesOf = (caller: Caller) => new CallerFiles(placeOf(gateway), caller);

  for (const prefix of PREFIXES) {
    const schema = (summary: string) => (prefix === DESCRIBED_PREFIX ? described('Files', summary) : {});

    // Only here: any other route refuses forms, since a web page can send them anywhere without being asked.
    void app.register(async (uploads) => {
      await uploads.register(multipart, { throwFileSizeLimit: false });
      uploads.post(
        `${prefix}/files`,
        { config: { guard: 'counted', isUpload: true }, schema: schema('Keeps a file for a batch') },
        async (request) => {
          if (request.caller === ANYBODY && request.headers.origin !== undefined) throw ofWebPage();
          const { maxBytes } = placeOf(gateway);
          return receiveUpload(request, filesOf(request.caller), { maxBytes, stored });
        },
      );
    });

    app.get<List>(
      `${prefix}/files`,
      { config: { guard: 'key' }, schema: schema('Files, newest first') },
      async ({ caller, query }) => {
        const { order = 'desc' } = query;
        if (order !== 'asc' && order !== 'desc') throw noOrder();
        const files = filesOf(caller);
        const ids = await files.ids(query.purpose);
        return pageOf(order === 'asc' ? ids.toReversed() : ids, query, LIMITS, (id) => files.find(id));
      },
    );

    app.get<ById>(
      `${prefix}/files/:id`,
      { config: { guard: 'key' }, schema: schema('A file: its name, its size') },
      async ({ caller, params: { id } }) => (await filesOf(caller).find(id)) ?? noFile(id),
    );

    app.get<ById>(
      `${prefix}/files/:id/content`,
      // For its head alone, the whole file would be read.
      { exposeHeadRoute: false, config: { guard: 'key' }, schema: schema('What is in a file') },
      async ({ caller, params: { id } }, reply) => {
        const { file, content } = (await filesOf(caller).read(id)) ?? noFile(id);
        void reply.type('application/octet-stream').header('content-length', file.bytes);
        return reply.send(content);
      },
    );

    withoutBody(app, (scope) =>
      scope.delete<ById>(
        `${prefix}/files/:id`,
        { config: { guard: 'key' }, schema: schema('Removes a file') },
        async ({ caller, params: { id } }) => {
          const files = filesOf(caller);
          if ((await files.find(id)) === null) noFile(id);
          const user = await new CallerBatches(gateway, caller).userOf(id);
          if (user !== null) throw inUse(id, user);
          await files.remove(id);
          stored.changed(caller);
          return { id, object: 'file', deleted: true };
        },
      ),
    );
  }
}

function noFile(id: string): never {
  throw new Refusal({ kind: 'NotFoundError', message: `there is no file ${id}` });
}

function noOrder(): Refusal {
  return new Refusal({ kind: 'BadRequestError', message: 'order: expected asc or desc' });
}

function inUse(id: string, batch: string): Refusal {
  const message = `file ${id} is the input of batch ${batch}, which is not over: cancel it, or wait for its end`;
  return new Refusal({ kind: 'ConflictError', message });
}

function ofWebPage(): Refusal {
  const message = 'without keys, this gateway takes no files from web pages: configure a key';
  return new Refusal({ kind: 'PermissionDeniedError', message });
}

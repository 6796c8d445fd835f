import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { cutText } from '../../core/common/text.js';
import { Refusal } from '../refusal.js';
import type { CallerFiles, FileObject } from './caller-files.js';
import type { StoredBytes } from './stored-bytes.js';

/** How long an upload may stand still. As a whole it may take as long as it takes. */
const STALL_MS = 60_000;

const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 1000;
const MAX_NAME_LENGTH = 255;

/**
 * Keeps the file of a multipart request. It goes to storage as it comes; nothing of it is held.
 * @throws Refusal; then nothing is kept
 */
export async function receiveUpload(
  request: FastifyRequest,
  files: CallerFiles,
  { maxBytes, stored }: { readonly maxBytes: number; readonly stored: StoredBytes },
): Promise<FileObject> {
  if (!request.isMultipart()) {
    throw new Refusal({
      kind: 'BadRequestError',
      status: 415,
      message: 'send multipart/form-data with the fields purpose and file',
    });
  }
  let saved: FileObject | null = null;
  let purpose: unknown;
  try {
    const limits = { fileSize: maxBytes, files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES };
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') {
        if (part.fieldname === 'purpose') purpose = part.value;
      } else if (part.fieldname === 'file') {
        saved = await files.add(
          cutText(part.filename, MAX_NAME_LENGTH),
          stored.within(request.caller, files, blocksOf(part.file, maxBytes)),
        );
      } else {
        throw wrong(`${part.fieldname}: expected no other file than "file"`);
      }
    }
    if (saved === null) throw wrong('file: missing: expected the file');
    // Clients may send it behind the file.
    if (purpose !== 'batch') throw wrong('purpose: expected "batch": files are kept for batches only');
    return saved;
  } catch (error) {
    if (saved !== null) await files.remove(saved.id);
    stored.changed(request.caller);
    throw isOfParser(error) ? wrong(`the body is no multipart/form-data that can be read: ${error.message}`) : error;
  }
}

async function* blocksOf(file: MultipartFile['file'], maxBytes: number): AsyncGenerator<Buffer> {
  const blocks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const stall = setTimeout(() => file.destroy(stalled()), STALL_MS);
    const block = await blocks.next().finally(() => clearTimeout(stall));
    if (block.done === true) break;
    yield block.value;
  }
  if (file.truncated) {
    throw new Refusal({ kind: 'RequestTooLargeError', message: `the file is larger than ${maxBytes} bytes` });
  }
}

function stalled(): Refusal {
  return new Refusal({ kind: 'Timeout', message: `nothing of the file came for ${STALL_MS / 1000} s` });
}

function wrong(message: string): Refusal {
  return new Refusal({ kind: 'BadRequestError', message });
}

/** The parser's errors have no type of their own. */
function isOfParser(error: unknown): error is Error {
  return (
    error instanceof Error && error.constructor === Error && /multipart|malformed|terminated early/i.test(error.message)
  );
}

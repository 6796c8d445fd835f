import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { s3Place } from './location.js';
import { s3Error, s3Status } from './s3-error.js';
import type { ByteRange } from './storage.js';

/** How often in a row a connection may break before it brings a byte. */
const MAX_BREAKS = 3;

/** A stream of an object. A connection that breaks on the way is replaced, so that a long read need not start over. */
export async function readObject(client: S3Client, location: string, range?: ByteRange): Promise<Readable> {
  if (range !== undefined && range.end <= range.start) return Readable.from([]);
  let position = range?.start ?? 0;
  let { body, etag } = await open();

  async function open(known?: string): Promise<{ body: Readable; etag: string | undefined }> {
    const { bucket, key } = s3Place(location);
    const isWhole = position === 0 && range === undefined;
    const last = range === undefined ? '' : range.end - 1;
    try {
      const object = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: key,
          ...(isWhole ? {} : { Range: `bytes=${position}-${last}` }),
          // The rest must be the rest of the same.
          ...(known === undefined ? {} : { IfMatch: known }),
        }),
      );
      return { body: object.Body as Readable, etag: object.ETag };
    } catch (error) {
      // A range behind the end.
      if (s3Status(error) === 416) return { body: Readable.from([]), etag: known };
      throw s3Error('read', location, error);
    }
  }

  async function* blocks(): AsyncGenerator<Buffer> {
    let source = body[Symbol.asyncIterator]();
    let breaks = 0;
    for (;;) {
      let block: IteratorResult<Buffer>;
      try {
        block = await source.next();
      } catch (error) {
        breaks += 1;
        if (breaks > MAX_BREAKS) throw s3Error('read', location, error);
        ({ body, etag } = await open(etag));
        source = body[Symbol.asyncIterator]();
        continue;
      }
      if (block.done === true) return;
      breaks = 0;
      position += block.value.length;
      yield block.value;
    }
  }

  const bytes = Readable.from(blocks(), { objectMode: false });
  bytes.once('close', () => body.destroy());
  return bytes;
}

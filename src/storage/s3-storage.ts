import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type _Object,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Readable } from 'node:stream';
import { LineAppender } from './line-appender.js';
import { locationIn, s3Place } from './location.js';
import { openS3Client } from './s3-client.js';
import { s3Error, s3Status } from './s3-error.js';
import { readObject } from './s3-read.js';
import type { Appender, ByteRange, PayloadStorage } from './storage.js';

/** An upload has at most 10,000 parts: 160 GB. Two of them are held at a time. */
const UPLOAD_PART_BYTES = 16 * 1024 * 1024;
const UPLOADS_AT_ONCE = 2;

const SEGMENT_DELAY_MS = 500;
const SEGMENT_LENGTH = 1024 * 1024;
const SEGMENT_DIGITS = 6;

/** Buckets of S3, or of a service that speaks like it. */
export class S3Storage implements PayloadStorage {
  private readonly client: S3Client = openS3Client(process.env);

  read(location: string, range?: ByteRange): Promise<Readable> {
    return readObject(this.client, location, range);
  }

  async readWhole(location: string): Promise<Buffer> {
    const blocks = await this.read(location);
    return Buffer.concat((await blocks.toArray()) as Buffer[]);
  }

  async size(location: string): Promise<number | null> {
    const { bucket, key } = s3Place(location);
    try {
      const { ContentLength } = await this.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return ContentLength ?? null;
    } catch (error) {
      const failure = s3Error('read', location, error);
      if (failure.code === 'missing') return null;
      throw failure;
    }
  }

  async write(location: string, content: AsyncIterable<Uint8Array | string>): Promise<void> {
    const { bucket, key } = s3Place(location);
    const source = new Source(content);
    const upload = new Upload({
      client: this.client,
      params: { Bucket: bucket, Key: key, Body: Readable.from(source.blocks()) },
      partSize: UPLOAD_PART_BYTES,
      queueSize: UPLOADS_AT_ONCE,
    });
    try {
      await upload.done();
    } catch (error) {
      throw source.failed ? source.error : s3Error('write', location, error);
    }
  }

  async create(location: string, text: string): Promise<boolean> {
    const { bucket, key } = s3Place(location);
    try {
      await this.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if (s3Status(error) === 412) return false;
      throw s3Error('write', location, error);
    }
  }

  async appender(location: string): Promise<Appender> {
    let segments = 0;
    for await (const segment of this.list(location)) {
      segments = Math.max(segments, Number(segment.slice(-SEGMENT_DIGITS)));
    }
    const { bucket, key } = s3Place(location);
    const write = async (text: string): Promise<void> => {
      // A number is never used again: a late write of a segment that seemed to fail must not replace another one.
      segments += 1;
      const name = String(segments).padStart(SEGMENT_DIGITS, '0');
      try {
        await this.client.send(new PutObjectCommand({ Bucket: bucket, Key: `${key}/${name}`, Body: text }));
      } catch (error) {
        throw s3Error('write', locationIn(location, name), error);
      }
    };
    const release = () => Promise.resolve();
    return new LineAppender({ write, release, delayMs: SEGMENT_DELAY_MS, enough: SEGMENT_LENGTH });
  }

  async *list(folder: string): AsyncGenerator<string> {
    for await (const objects of this.pages(folder)) {
      for (const { Key = '' } of objects) yield `s3://${s3Place(folder).bucket}/${Key}`;
    }
  }

  async remove(location: string): Promise<void> {
    const { key } = s3Place(location);
    if (key !== '') await this.removeKeys(location, [key]);
    for await (const objects of this.pages(location)) {
      await this.removeKeys(
        location,
        objects.map(({ Key = '' }) => Key),
      );
    }
  }

  async lastWrittenMs(location: string): Promise<number | null> {
    const { key } = s3Place(location);
    let last: number | null = null;
    for await (const objects of this.pages(location, key)) {
      for (const { Key = '', LastModified } of objects) {
        if (Key !== key && !Key.startsWith(folderKey(key))) continue;
        last = Math.max(last ?? 0, LastModified?.getTime() ?? Infinity);
      }
    }
    return last;
  }

  private async removeKeys(location: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    try {
      const { Errors = [] } = await this.client.send(
        new DeleteObjectsCommand({ Bucket: s3Place(location).bucket, Delete }),
      );
      const [first] = Errors;
      if (first !== undefined) throw Object.assign(new Error(first.Message), { name: first.Code });
    } catch (error) {
      throw s3Error('remove', location, error);
    }
  }

  /** What is in a folder, or has another beginning of its keys in common, a page at a time. */
  private async *pages(folder: string, prefix = folderKey(s3Place(folder).key)): AsyncGenerator<_Object[]> {
    const { bucket } = s3Place(folder);
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: bucket, Prefix: prefix });
    try {
      for await (const { Contents = [] } of pages) yield Contents;
    } catch (error) {
      throw s3Error('list', folder, error);
    }
  }
}

/** What the keys in a folder begin with. */
function folderKey(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`;
}

/** What is to be written, as the library wants it. Tells apart its own failures from those of the service. */
class Source {
  private readonly content: AsyncIterable<Uint8Array | string>;
  failed = false;
  error: unknown = null;

  constructor(content: AsyncIterable<Uint8Array | string>) {
    this.content = content;
  }

  async *blocks(): AsyncGenerator<Buffer> {
    try {
      // The library keeps blocks until they make a part, and whoever made them fills them again.
      for await (const block of this.content) yield Buffer.from(block as Uint8Array);
    } catch (error) {
      this.failed = true;
      this.error = error;
      throw error;
    }
  }
}

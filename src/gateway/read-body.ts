import type { Readable } from 'node:stream';
import { errorCodes, type FastifyRequest } from 'fastify';

/** What has more is put together as it comes. */
const LARGE_BYTES = 1024 * 1024;

/**
 * The text of a body. fastify would keep a large one as it came, join that, and leave both to the collector of garbage: here it
 * is there once, and as a text, and then only as that. What fastify refuses of the bodies that it reads is refused.
 */
export async function readBody({ headers, routeOptions }: FastifyRequest, stream: Readable): Promise<string> {
  const { bodyLimit } = routeOptions;
  const announced = Number(headers['content-length']);
  if (announced > bodyLimit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
  const body = new ReceivedBytes(bodyLimit);
  await eachBlock(stream, (block) => {
    if (body.length + block.length > bodyLimit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    body.add(block);
  });
  if (!Number.isNaN(announced) && announced !== body.length) throw new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH();
  return body.takeText();
}

/** Ends with the stream, or where a block is not taken: whoever answers the request reads what is still to come. */
function eachBlock(stream: Readable, take: (block: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      stream.off('data', onData).off('end', onEnd).off('error', onError);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (block: Buffer) => {
      try {
        take(block);
      } catch (error) {
        end(error as Error);
      }
    };
    const onEnd = () => end();
    const onError = (error: Error & { statusCode?: number }) => {
      error.statusCode ??= 400;
      end(error);
    };
    stream.on('data', onData).on('end', onEnd).on('error', onError);
  });
}

/** Bytes that come in blocks. They take as much memory as have come. */
class ReceivedBytes {
  length = 0;
  readonly #most: number;
  /** Those that are not yet in the large one. */
  readonly #blocks: Buffer[] = [];
  #large: ArrayBuffer | null = null;

  /** @param most - a bound: no memory is taken for it */
  constructor(most: number) {
    this.#most = most;
  }

  add(block: Buffer): void {
    this.#blocks.push(block);
    this.length += block.length;
    if (this.length > LARGE_BYTES) this.#moveToLarge();
  }

  /** The text of all of them, which are gone then. */
  takeText(): string {
    if (this.#large === null) return Buffer.concat(this.#blocks, this.length).toString();
    const text = Buffer.from(this.#large).toString();
    this.#large.resize(0);
    return text;
  }

  #moveToLarge(): void {
    this.#large ??= new ArrayBuffer(0, { maxByteLength: this.#most });
    let at = this.#large.byteLength;
    this.#large.resize(this.length);
    for (const block of this.#blocks.splice(0)) {
      new Uint8Array(this.#large).set(block, at);
      at += block.length;
      giveBackWhole(block);
    }
  }
}

/** Sockets bring blocks that are there for themselves, of less than Node may have several buffers in. A part of something else stays. */
function giveBackWhole({ buffer, length }: Buffer): void {
  if (length === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
}

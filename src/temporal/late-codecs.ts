import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';

/** Codecs that are made when the first payload comes, for what they are made of takes a connection. If that fails, the next payload tries again. */
export class LateCodecs implements PayloadCodec {
  readonly #make: () => Promise<PayloadCodec[]>;
  #made: Promise<PayloadCodec[]> | null = null;

  constructor(make: () => Promise<PayloadCodec[]>) {
    this.#make = make;
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return encode(await this.#codecs(), payloads, context);
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return decode(await this.#codecs(), payloads, context);
  }

  #codecs(): Promise<PayloadCodec[]> {
    if (this.#made !== null) return this.#made;
    const made = this.#make();
    this.#made = made;
    made.catch(() => {
      this.#made = null;
    });
    return made;
  }
}

const NAME = 'EncryptionError';

/** What is missing where nothing can be written. */
const KEY_FOR_NEW_DATA = 'the key for new data';

/**
 * Data cannot be decrypted, for its key is missing or is another one, or no key can be had now. Nothing is lost: with the right
 * key it is read.
 */
export class EncryptionError extends Error {
  override readonly name = NAME;
  /** The id of the key that the data is encrypted under; empty: it is that for new data, which cannot be had. */
  readonly keyId: string;

  constructor(keyId: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.keyId = keyId;
  }

  static missing(keyId: string): EncryptionError {
    return new EncryptionError(
      keyId,
      `data is encrypted under the key "${keyId}", which this process does not have: add it to encryption.keys of its ` +
        'config and start it again',
    );
  }

  /** @param keyId - null: the one for new data */
  static unavailable(keyId: string | null, reason: string): EncryptionError {
    const what = keyId === null ? KEY_FOR_NEW_DATA : `the key "${keyId}"`;
    return new EncryptionError(keyId ?? '', `the ring of keys cannot give ${what} now: ${reason}; what needs it waits`);
  }

  /**
   * Whether the text of such an error tells of writing. Temporal may have left no more of it.
   * @internal
   */
  static isOfWriting(message: string): boolean {
    return message.includes(KEY_FOR_NEW_DATA);
  }

  static wrong(keyId: string, boundTo: string, cause: unknown): EncryptionError {
    return new EncryptionError(
      keyId,
      `data that is encrypted under the key "${keyId}" cannot be decrypted: another key has this id in encryption.keys, ` +
        `or the data is damaged, or was not written for ${boundTo}`,
      { cause },
    );
  }
}

/**
 * The key that an error is about; undefined: it is another error. Temporal may have left name and text only, and the SDK may
 * have loaded another copy of this file.
 */
export function keyIdIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const wasOne = error.name === NAME || ('type' in error && error.type === NAME);
  return wasOne ? (/ the key "([^"]*)"/.exec(error.message)?.[1] ?? '') : undefined;
}

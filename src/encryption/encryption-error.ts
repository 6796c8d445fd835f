const NAME = 'EncryptionError';

/**
 * Data cannot be decrypted: its key is missing, or is another one. Nothing of it is lost: with the right key it is read.
 */
export class EncryptionError extends Error {
  override readonly name = NAME;
  /** The id of the key that the data is encrypted under. */
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
  return wasOne ? /under the key "([^"]*)"/.exec(error.message)?.[1] : undefined;
}

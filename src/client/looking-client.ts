import { Client, type ConnectionLike } from '@temporalio/client';
import { defaultPayloadConverter, type LoadedDataConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import { dataConverter, type Chain } from '../temporal/data-converter.js';

const NOTHING = defaultPayloadConverter.toPayload(null);

export interface LookingOptions {
  /** Whether what is encrypted under a key that is not there is left out as well. @default it is an error */
  readonly withoutKeys?: boolean;
}

/**
 * A client to look at workflows with: what nobody here can read of one is left out, and does not hide the others of a list.
 * Anybody who reaches Temporal can write memos and summaries of any encoding.
 */
export function lookingClient(
  connection: ConnectionLike,
  settings: Chain,
  { withoutKeys = false }: LookingOptions = {},
): Client {
  const chain = dataConverter(settings);
  const looking: LoadedDataConverter = { ...chain, payloadCodecs: [leavingOut(chain.payloadCodecs, withoutKeys)] };
  return new Client({ connection, namespace: settings.namespace, dataConverter: looking });
}

function leavingOut(codecs: PayloadCodec[], withoutKeys: boolean): PayloadCodec {
  const read = async (payload: Payload): Promise<Payload> => {
    try {
      const [found = NOTHING] = await decode(codecs, [payload]);
      defaultPayloadConverter.fromPayload(found);
      return found;
    } catch (error) {
      if (error instanceof EncryptionError && !withoutKeys) throw error;
      return NOTHING;
    }
  };
  return { encode: async (payloads) => payloads, decode: (payloads) => Promise.all(payloads.map(read)) };
}

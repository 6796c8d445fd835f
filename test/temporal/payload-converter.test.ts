import fc from 'fast-check';
import { defaultPayloadConverter, RawValue } from '@temporalio/common';
import proto from '@temporalio/proto';
import { expect, test } from 'vitest';
import { bytesOfPayload, payloadOfBytes } from '../../src/temporal/payload-bytes.js';
import { payloadConverter } from '../../src/temporal/payload-converter.js';

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

const plain = <T>({ metadata, data }: { metadata?: T; data?: Uint8Array | null }) => ({
  metadata,
  data: data && Buffer.from(data).toString('base64'),
});

test('payloads are those of the SDK, to the byte, and each reads those of the other', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const own = payloadConverter.toPayload(value);
      const ofSdk = defaultPayloadConverter.toPayload(value);
      expect(plain(own)).toEqual(plain(ofSdk));
      expect(payloadConverter.fromPayload(ofSdk)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(defaultPayloadConverter.fromPayload(own)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

const LONG = 'a wörd that is "long" 🙂\n'.repeat(10_000);

test.each<[what: string, value: unknown]>([
  ['undefined', undefined],
  ['a long text', LONG],
  ['long texts beside others', { response: { content: LONG, none: undefined }, list: [1, LONG, undefined] }],
  ['bytes', Buffer.from('bytes')],
  ['a payload that was made before', new RawValue({ made: 'before' })],
])('so are those of %s', (_, value) => {
  expect(plain(payloadConverter.toPayload(value))).toEqual(plain(defaultPayloadConverter.toPayload(value)));
});

test.each<[what: string, payload: object]>([
  ['without data', { metadata: { encoding: Buffer.from('json/plain') } }],
  ['that is no JSON', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') }],
  [
    'with bytes that are no text',
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from([0xff, 0x22]) },
  ],
  [
    'that begins with a mark of the order of bytes',
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('\ufeff1') },
  ],
])('a payload %s is an error', (_, payload) => {
  expect(() => payloadConverter.fromPayload(payload)).toThrow();
});

test.each([1n, { a: 1n }])('a value that JSON has not is an error', (value) => {
  expect(() => payloadConverter.toPayload(value)).toThrow('Unable to convert');
});

test('the bytes of a payload are those that protobuf writes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.uint8Array()), fc.uint8Array(), (metadata, data) => {
      const bytes = bytesOfPayload({ metadata, data });
      const { metadata: readMetadata, data: readData } = payloadOfBytes(bytes);
      expect(Buffer.from(readData ?? [])).toEqual(Buffer.from(data));
      expect(Object.keys(readMetadata ?? {})).toEqual(Object.keys(metadata));
      expect(bytes.toString('hex')).toBe(Buffer.from(PayloadProto.encode({ metadata, data }).finish()).toString('hex'));
    }),
  );
});

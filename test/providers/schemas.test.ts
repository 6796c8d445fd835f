import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Schemas } from '../../src/providers/schema/schemas.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';

const FITS = { type: 'fits' };

function judged(schema: unknown, value: unknown, schemas = new Schemas([PLANTED_KEY])): unknown {
  const compiled = schemas.compile(schema);
  return 'unusable' in compiled ? compiled : compiled.validate(value);
}

const misfit = (problem: string) => ({ type: 'does not fit', problem });

const LIST = {
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['name'] } },
  $ref: '#/$defs/node',
};

describe('what a value is under a schema', () => {
  test.each<[what: string, schema: unknown, value: unknown, verdict: unknown]>([
    ['one that fits', { type: 'object', required: ['n'] }, { n: 1 }, FITS],
    ['a wrong type at the top', { type: 'object' }, 'x', misfit('at its top: must be object (type)')],
    [
      'a wrong type within',
      { properties: { a: { items: { type: 'integer' } } } },
      { a: [1, 'x'] },
      misfit('at /a/1: must be integer (type)'),
    ],
    [
      'a field that is missing',
      { required: ['n'] },
      {},
      misfit("at its top: must have required property 'n' (required)"),
    ],
    [
      'a field that every object of JavaScript has, and this one has not',
      { required: ['constructor'] },
      {},
      misfit("at its top: must have required property 'constructor' (required)"),
    ],
    [
      'alternatives that all fail: the whole is told',
      { properties: { a: { anyOf: [{ type: 'null' }, { type: 'number' }] } } },
      { a: 'x' },
      misfit('at /a: must match a schema in anyOf (anyOf)'),
    ],
    ['a schema that names itself, fits', LIST, { name: 1, next: { name: 2 } }, FITS],
    [
      'a schema that names itself, does not fit',
      LIST,
      { name: 1, next: {} },
      misfit("at /next: must have required property 'name' (required)"),
    ],
    [
      'the top of a schema within it',
      { properties: { a: { $ref: '#' } }, required: ['a'] },
      {},
      misfit("at its top: must have required property 'a' (required)"),
    ],
    ['keywords that nobody knows, and formats, say nothing', { example: 1, format: 'email' }, 'x', FITS],
    ["OpenAPI's nullable", { type: 'string', nullable: true }, null, FITS],
    [
      'a list by draft 7',
      { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'null' }] },
      [1],
      misfit('at /0: must be null (type)'),
    ],
    [
      'a list by 2019-09',
      { $schema: 'https://json-schema.org/draft/2019-09/schema', items: [{ type: 'null' }] },
      [1],
      misfit('at /0: must be null (type)'),
    ],
    [
      'a list by 2020-12',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'null' }] },
      [1],
      misfit('at /0: must be null (type)'),
    ],
    ['a pattern that is none with the flag u', { pattern: String.raw`^\d\-\d$` }, '1-2', FITS],
    ['a whole number that JavaScript cannot hold', { maximum: { 'holdfast:number': '9007199254740993' } }, 1, FITS],
    [
      'a key in the name of a field is masked',
      { additionalProperties: { type: 'null' } },
      { [PLANTED_KEY]: 1 },
      misfit('at /[redacted]: must be null (type)'),
    ],
  ])('%s', (_, schema, value, verdict) => {
    expect(judged(schema, value)).toEqual(verdict);
  });

  test('a place is cut where it is long', () => {
    const verdict = judged({ additionalProperties: { type: 'null' } }, { ['a'.repeat(500)]: 1 });
    expect(verdict).toEqual(misfit(`at /${'a'.repeat(118)}…: must be null (type)`));
  });
});

describe('a schema that no answer can be judged by', () => {
  test.each<[what: string, schema: unknown, message: string]>([
    ['none at all', undefined, 'a schema is an object'],
    ['a list', [], 'a schema is an object'],
    ['a type that there is not', { type: 'text' }, 'type must be JSONType'],
    ['a keyword with what it cannot have', { required: 'n' }, 'required value must be ["array"]'],
    ['a pattern that is none', { pattern: '(' }, 'Invalid regular expression'],
    ['a part of it that is not there', { $ref: '#/$defs/x' }, "can't resolve reference #/$defs/x"],
    [
      'a part that is somewhere else',
      { $ref: 'https://example.com/x.json' },
      "can't resolve reference https://example.com",
    ],
    ['a list by rules that have it no more', { items: [{}] }, 'items value must be ["object","boolean"]'],
    ["ajv's own extension", { $async: true }, '$async is no part of JSON Schema'],
    ['too many bytes', { description: 'x'.repeat(100_001) }, 'at most 100000 are looked at'],
  ])('%s', (_, schema, message) => {
    expect(judged(schema, {})).toEqual({ unusable: expect.stringContaining(message) });
  });

  test('one without an end is found out by the first value', () => {
    expect(judged({ $ref: '#' }, {})).toEqual({ type: 'unusable schema', message: 'it is too deep' });
  });

  test('a pattern that would take for ever is broken off', () => {
    const verdict = judged({ pattern: '^(a+)+$' }, `${'a'.repeat(50)}b`);
    expect(verdict).toEqual({ type: 'unusable schema', message: 'it took longer than 1000 ms' });
  });
});

test('whatever stands where a schema should, there is a verdict', () => {
  const schemas = new Schemas([]);
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    'anyOf',
    'enum',
    'const',
    '$ref',
    '$defs',
    'required',
    'minimum',
    'pattern',
    '$id',
    'not',
  );
  const schema = fc.dictionary(keyword, fc.oneof(fc.jsonValue(), fc.dictionary(keyword, fc.jsonValue())));
  fc.assert(
    fc.property(schema, fc.jsonValue(), (each, value) => {
      expect(judged(each, value, schemas)).toBeTruthy();
    }),
  );
});

test('a value fits the schema of exactly this value, and not its opposite', () => {
  const schemas = new Schemas([]);
  // To compare objects, ajv calls these by their names: with a field of such a name the schema cannot be used.
  const comparable = fc.jsonValue().filter((value) => !/"(valueOf|toString|constructor)":/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(comparable, (value) => {
      expect(judged({ const: value }, value, schemas)).toEqual(FITS);
      expect(judged({ not: { const: value } }, value, schemas)).toMatchObject({ type: 'does not fit' });
    }),
  );
});

test('a schema is compiled once while it is in use; schemas of others may name their parts alike', () => {
  const schemas = new Schemas([]);
  const named = (type: string) => ({ $id: 'https://example.com/a', $defs: { a: { $id: 'part', type } }, $ref: 'part' });
  const first = schemas.compile(named('string'));
  expect(schemas.compile(named('string'))).toBe(first);
  expect(judged(named('number'), 1, schemas)).toEqual(FITS);
  expect(judged(named('string'), 'x', schemas)).toEqual(FITS);
  for (let index = 0; index < 30; index++) schemas.compile({ title: `${index}${'x'.repeat(90_000)}` });
  expect(schemas.compile(named('string'))).not.toBe(first);
});

import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';

const OPTIONS: Options = {
  // What is unknown says nothing, as JSON Schema has it. What a known keyword cannot have is an error all the same.
  strict: false,
  validateFormats: false,
  meta: false,
  validateSchema: false,
  unicodeRegExp: false,
  ownProperties: true,
  // A definition that is written once is compiled once, however often it is named.
  inlineRefs: false,
  code: { optimize: false },
  logger: false,
};

/** Which rules a schema is written by, as its `$schema` says. */
const DRAFTS: readonly (readonly [named: RegExp, compiler: typeof Ajv | typeof Ajv2019])[] = [
  [/\/draft-0[4-7]\//, Ajv],
  [/\/draft\/2019-09\//, Ajv2019],
];

/**
 * Compiles a schema, with a compiler of its own: schemas of different callers may name their parts alike.
 * @throws Error when it is none, or refers to what is not in it
 */
export function compileSchema(schemaText: string): ValidateFunction {
  const { $schema: draft, ...schema } = JSON.parse(schemaText) as Record<string, unknown>;
  const Compiler = DRAFTS.find(([named]) => named.test(String(draft)))?.[1] ?? Ajv2020;
  const validate = new Compiler(OPTIONS).compile(schema);
  if ('$async' in validate) throw new Error('$async is no part of JSON Schema');
  return validate;
}

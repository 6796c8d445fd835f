import type { FailureCause } from '../../core/errors/failure-facts.js';
import { bodyFor } from '../endpoints.js';
import type { ProviderRequest } from '../provider-request.js';
import { SCHEMA_FORMS, type JudgedText } from './schema-forms.js';
import type { Schemas, Validator } from './schemas.js';

/** What the answer to a request must fit. */
export interface AnswerSchema {
  /** Why an answer does not fit; null: it does, or is none that a schema is for. */
  judge(answer: Record<string, unknown>): FailureCause | null;
}

/** The schema that a request asks its answer by. Null: none, or its answer is not to be judged. */
export function answerSchema(
  { operation, connection, model, body, validateSchema }: ProviderRequest,
  schemas: Schemas,
): AnswerSchema | Extract<FailureCause, { type: 'unusable schema' }> | null {
  const form = SCHEMA_FORMS[operation];
  if (validateSchema !== true || form === undefined) return null;
  const format = form.formatOf(bodyFor(connection, body, model));
  if (format['type'] !== 'json_schema') return null;
  const compiled = schemas.compile(form.schemaOf(format));
  if ('unusable' in compiled) return { type: 'unusable schema', message: compiled.unusable };
  const { validate } = compiled;
  return {
    judge: (answer) => {
      for (const text of form.textsOf(answer)) {
        const cause = judgeText(text, validate);
        if (cause !== null) return cause;
      }
      return null;
    },
  };
}

function judgeText({ where, text, ending }: JudgedText, validate: Validator): FailureCause | null {
  const value = parse(text);
  if (value === undefined) {
    const problem = text.trim() === '' ? 'no text' : 'no JSON';
    return { type: 'schema mismatch', where, problem: ending === null ? problem : `${problem} (${ending})` };
  }
  const verdict = validate(value);
  switch (verdict.type) {
    case 'fits':
      return null;
    case 'does not fit':
      return { type: 'schema mismatch', where, problem: verdict.problem };
    case 'unusable schema':
      return verdict;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

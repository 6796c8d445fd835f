import { fileURLToPath } from 'node:url';

/** The cases of the project: answers, texts and rows as JSON, and a folder of configs. */
export const OWN_FILES = [
  'answers.json',
  'more-answers.json',
  'further-answers.json',
  'context-texts.json',
  'rows/rows.json',
  'rows/more-rows.json',
  'configs',
].map((name) => ({ name, path: fileURLToPath(new URL(name, import.meta.url)) }));

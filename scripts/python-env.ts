// Makes the Python environments that some tests and benchmarks use, outside the clone. What is there stays.
//
//   npm run python-env [-- SET…]
import { makePythonEnvironment, PYTHON_SETS, type PythonSet } from './python/environments.js';

const SETS = Object.keys(PYTHON_SETS) as PythonSet[];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PYTHON_SETS, name));

try {
  if (unknown.length > 0) throw new Error(`no set ${unknown.join(', ')}; there are ${SETS.join(', ')}`);
  for (const set of SETS.filter((name) => wanted.length === 0 || wanted.includes(name))) {
    const python = await makePythonEnvironment(set, (line) => console.log(line));
    console.log(`${set}: ${python}`);
  }
} catch (error) {
  console.error(`python-env: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

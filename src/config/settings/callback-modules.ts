import { dirname, extname, resolve } from 'node:path';
import { isReference } from '../findings/environment.js';
import type { Findings } from '../findings/findings.js';
import { readText, type ReadText } from '../sections/include.js';
import type { CallbackModule } from '../schema/loaded-config.js';
import { formatPath, type Path } from '../findings/path.js';

/** What a worker can load. */
const EXTENSIONS: readonly string[] = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

interface ModuleContext {
  /** The name of the config's file. */
  readonly source: string;
  /** The included file that holds a path, and the path there; null: the config itself. */
  readonly locate: (path: Path) => { readonly file: string; readonly path: Path } | null;
  /** Undefined: the modules are not looked for. */
  readonly readText?: ReadText | undefined;
  readonly findings: Findings;
}

/**
 * `router_settings.callbacks`: paths from the folder of the file that names them, each module once. Modules are looked
 * for and not run: whoever only reads a config must not run code that it names.
 */
export function readCallbackModules(named: string | readonly string[], surroundings: ModuleContext): CallbackModule[] {
  const path = ['router_settings', 'callbacks'];
  const modules = new Map<string, CallbackModule>();
  for (const [index, name] of [named].flat().entries()) {
    // A variable that is not set is reported already.
    if (isReference(name)) continue;
    const at = typeof named === 'string' ? path : [...path, index];
    const module = readModule(name, at, surroundings);
    if (module !== null && !modules.has(module.file)) modules.set(module.file, module);
  }
  return [...modules.values()];
}

function readModule(name: string, at: Path, surroundings: ModuleContext): CallbackModule | null {
  const { source, locate, findings } = surroundings;
  const place = locate(at);
  const file = resolve(dirname(place?.file ?? source), name);
  if (!EXTENSIONS.includes(extname(file))) {
    findings.problem(
      at,
      `expected a module that ends with one of ${EXTENSIONS.join(' ')}, got ${JSON.stringify(name)}`,
    );
    return null;
  }
  const text = surroundings.readText === undefined ? null : readText(file, surroundings.readText);
  if (typeof text === 'string') {
    findings.problem(at, `${text}. The path starts at the folder of the file that names it`);
    return null;
  }
  const path = formatPath(place?.path ?? at);
  return { file, path: place === null ? path : `${place.file}: ${path}` };
}

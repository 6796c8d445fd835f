import { spawnSync } from 'node:child_process';
import { npmCommand, ROOT } from './run.mjs';

/**
 * The dependencies of production that are installed, in the form of CycloneDX.
 * @throws Error where the installed packages do not fit the lock file
 */
export function billOfMaterials() {
  const [npm, ...args] = [...npmCommand(), 'sbom', '--sbom-format=cyclonedx'];
  const { status, stdout, stderr } = spawnSync(npm, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error((stderr ?? '').trim().split('\n')[0]);
  const bill = JSON.parse(stdout);
  // npm names it for the folder that it lies in.
  bill.metadata.component.name = 'holdfast';
  return withoutDevelopment(bill);
}

/** `npm sbom --omit=dev` leaves out too much: all that a tool for development needs, also where production needs it, too. */
function withoutDevelopment(bill) {
  const components = bill.components.filter((component) => !isForDevelopment(component));
  const kept = new Set([bill.metadata.component, ...components].map((component) => component['bom-ref']));
  const dependencies = bill.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((name) => kept.has(name)) }));
  return { ...bill, components, dependencies };
}

function isForDevelopment({ properties = [] }) {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
}

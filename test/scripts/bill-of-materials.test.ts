import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Bill {
  bomFormat: string;
  metadata: { component: { name: string } };
  components: { 'bom-ref': string; name: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

test('the build lists what production is made of, and nothing of development', () => {
  const bill = JSON.parse(readFileSync('dist/sbom.cdx.json', 'utf8')) as Bill;
  expect([bill.bomFormat, bill.metadata.component.name]).toEqual(['CycloneDX', 'holdfast']);
  const names = bill.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['openai', 'undici', 'fastify']));
  expect(names).not.toContain('vitest');
  const refs = new Set(bill.components.map((component) => component['bom-ref']));
  const [root] = bill.dependencies;
  expect(root?.dependsOn.length).toBeGreaterThan(20);
  expect(root?.dependsOn.filter((ref) => !refs.has(ref))).toEqual([]);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './machine.js';

const DOCUMENT = join(ROOT, 'docs', 'reference', 'benchmarks.md');

/** Prints a measurement and puts it into the documentation. */
export function publish(name: string, markdown: string): void {
  process.stdout.write(`${markdown}\n`);
  document(name, markdown);
}

/** Puts a measurement into the documentation, in place of the last one of that name. */
export function document(name: string, markdown: string): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for ${name}`);
  writeFileSync(DOCUMENT, `${text.slice(0, from + begin.length)}\n${markdown}\n${text.slice(to)}`);
}

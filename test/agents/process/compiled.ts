import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));
const ROOMS = ['contract', 'agents/process', 'agents/runtimes', 'agents/stream', 'workspace/artifacts'];

/**
 * The rooms that tests start as programs of their own, as JavaScript in a temporary folder: always of the present sources, without a
 * build. None of them needs a package.
 */
export function compile(): { folder: string; url(path: string): string; file(path: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'baton-compiled-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of ROOMS) {
    for (const entry of readdirSync(join(SOURCE, room))) {
      if (!entry.endsWith('.ts')) continue;
      const target = join(folder, room, entry.replace(/ts$/, 'js'));
      mkdirSync(dirname(target), { recursive: true });
      const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, verbatimModuleSyntax: true };
      const text = readFileSync(join(SOURCE, room, entry), 'utf8');
      writeFileSync(target, ts.transpileModule(text, { compilerOptions: options }).outputText);
    }
  }
  const file = (path: string): string => join(folder, path);
  return {
    folder,
    file,
    url: (path) => `file://${file(path)}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

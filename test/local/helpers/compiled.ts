import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../../..');

/** Translates `src/contract`, `src/sdk` and `src/local` for tests that start real processes. It lies where the dependencies are found. */
export function compileLocalRoom(): { folder: string; remove: () => void } {
  const folder = join(root, 'node_modules', '.cache', `baton-local-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const room of ['contract', 'sdk', 'local']) {
    const from = join(root, 'src', room);
    for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const compilerOptions = {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      };
      const { outputText } = ts.transpileModule(readFileSync(join(from, name), 'utf8'), { compilerOptions });
      const to = join(folder, room, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, outputText);
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export const fixture = (name: string): string => join(root, 'test', 'fixtures', 'local', name);

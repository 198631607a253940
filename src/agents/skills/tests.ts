import type { Finding } from '../../contract/facts.js';
import { languageOf } from '../../workspace/languages.js';
import { baseOf, folderOf } from '../../workspace/paths.js';
import { count, finishReport, titleOf } from './report.js';
import { forEachTextFile, survey } from './scan.js';
import type { Skill } from './skill.js';

const TEST_FOLDER = /^(?:tests?|__tests__|specs?|e2e)$/i;
const TEST_NAME =
  /(?:[._-](?:test|spec|tests|specs)\.[a-z]+|^test_[^/]*\.py|^conftest\.py|(?:Test|Tests|Spec|IT)\.(?:java|kt|scala|cs|php|swift|groovy))$/;
const PROGRAMS = new Set(
  'TypeScript JavaScript Python Go Rust Java Kotlin Scala C C++ C# Swift Ruby PHP Elixir Dart'.split(' '),
);

/**
 * Counts test and source files by name. A test is a file in a folder named test, tests, __tests__, spec, specs or e2e,
 * or one whose name says so (`a.test.ts`, `a_test.go`, `test_a.py`, `ATest.java`); a Rust file with `#[test]` is both.
 * A source folder has a test where one stands in it or below it, where the test folders mirror it, or where a test is
 * named like one of its files.
 */
export const tests: Skill = {
  name: 'tests',
  title: titleOf('tests'),
  async run(context) {
    const ground = await survey(context);
    const rust = new Set<string>();
    await forEachTextFile({
      ground,
      context,
      only: (file) => file.path.endsWith('.rs'),
      visit(file, content) {
        if (content.includes('#[test]')) rust.add(file.path);
      },
    });
    const programs = ground.listing.files.filter(
      ({ kind, path }) => kind === 'file' && PROGRAMS.has(languageOf(path)?.name ?? ''),
    );
    const testPaths = programs.map((file) => file.path).filter((path) => isTest(path));
    const sources = programs.map((file) => file.path).filter((path) => !isTest(path));
    const untested = untestedFolders(sources, [...testPaths, ...rust]);
    const folders = new Set(sources.map(folderOf)).size;
    return finishReport({
      skill: 'tests',
      summary: `${count(testPaths.length, 'test file')} for ${count(sources.length, 'source file')}; ${
        untested.length
      } of ${count(folders, 'source folder')} have no test.`,
      figures: {
        'test files': testPaths.length,
        'source files': sources.length,
        'source folders': folders,
        'source folders without a test': untested.length,
        ...(rust.size > 0 ? { 'Rust files with tests inside': rust.size } : {}),
      },
      tables: [
        {
          title: 'By language',
          columns: ['language', 'test files', 'source files'],
          rows: byLanguage(sources, testPaths),
        },
      ],
      findings: untested.map(({ folder, files }): Finding => ({
        severity: 'info',
        message: `no test for ${count(files, 'source file')}`,
        path: folder,
      })),
    });
  },
};

function isTest(path: string): boolean {
  return (
    TEST_NAME.test(baseOf(path)) ||
    folderOf(path)
      .split('/')
      .some((part) => TEST_FOLDER.test(part))
  );
}

function untestedFolders(sources: string[], tested: string[]): { folder: string; files: number }[] {
  const folders = new Set<string>();
  const stems = new Set<string>();
  for (const path of tested) {
    stems.add(stem(path));
    // A test covers the folders above it, as it stands and with the names of test folders taken out.
    for (let at = folderOf(path); at !== '.'; at = folderOf(at)) {
      folders.add(at);
      folders.add(mirrored(at));
    }
    if (folderOf(path) === '.') folders.add('.');
  }
  const perFolder = new Map<string, string[]>();
  for (const path of sources) {
    const paths = perFolder.get(folderOf(path));
    if (paths) paths.push(path);
    else perFolder.set(folderOf(path), [path]);
  }
  return [...perFolder]
    .filter(([folder, paths]) => {
      const mirror = mirrored(folder);
      return (
        !folders.has(folder) && !(mirror !== '' && folders.has(mirror)) && !paths.some((path) => stems.has(stem(path)))
      );
    })
    .map(([folder, paths]) => ({ folder, files: paths.length }))
    .sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1));
}

/** `src/main/a` and `src/test/a` → `a`. */
function mirrored(folder: string): string {
  const parts = folder
    .split('/')
    .filter((part) => !TEST_FOLDER.test(part) && !['src', 'lib', 'main', 'unit', '.'].includes(part));
  return parts.join('/');
}

/** `a.test.ts`, `test_a.py`, `ATest.java` → `a`. */
function stem(path: string): string {
  const bare = baseOf(path).replace(/\.[^.]+$/, '');
  return bare
    .replace(/[._-](?:tests?|specs?)$/, '')
    .replace(/^test_/, '')
    .replace(/(?:Tests?|Spec|IT)$/, '')
    .toLowerCase();
}

function byLanguage(sources: string[], testPaths: string[]): [string, number, number][] {
  const rows = new Map<string, [string, number, number]>();
  const add = (path: string, column: 1 | 2): void => {
    const name = languageOf(path)?.name ?? '';
    const row = rows.get(name) ?? [name, 0, 0];
    row[column] += 1;
    rows.set(name, row);
  };
  for (const path of testPaths) add(path, 1);
  for (const path of sources) add(path, 2);
  return [...rows.values()].sort((a, b) => b[2] - a[2] || (a[0] < b[0] ? -1 : 1));
}

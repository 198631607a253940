import { expect, it } from 'vitest';
import { surveyWorkspace } from '../../src/workspace/survey.js';
import { readToml, tomlStrings } from '../../src/workspace/toml.js';
import { folderWith } from './folders.js';

async function commandsOf(files: Record<string, string>): Promise<string[]> {
  const { commands } = await surveyWorkspace(folderWith(files));
  return commands.map(({ purpose, argv, cwd }) => `${purpose}: ${argv.join(' ')} in ${cwd}`);
}

const scripts = (given: Record<string, string>): string => JSON.stringify({ scripts: given });

it('scripts of package.json are run by the package manager of the lock file', async () => {
  const manifest = scripts({
    test: 'vitest',
    lint: 'eslint .',
    'format:check': 'prettier -c .',
    format: 'prettier -w .',
  });
  const run = ['test: X run test in .', 'lint: X run lint in .', 'format: X run format:check in .'];
  expect(await commandsOf({ 'package.json': manifest, 'pnpm-lock.yaml': '' })).toEqual(
    run.map((c) => c.replace('X', 'pnpm')),
  );
  expect(await commandsOf({ 'package.json': manifest, 'yarn.lock': '' })).toEqual(
    run.map((c) => c.replace('X', 'yarn')),
  );
  expect((await commandsOf({ 'package.json': manifest }))[0]).toBe('test: npm test in .');
});

it("npm's default test script is none, and broken JSON gives no command", async () => {
  const none = scripts({ test: 'echo "Error: no test specified" && exit 1' });
  expect(await commandsOf({ 'package.json': none })).toEqual([]);
  expect(await commandsOf({ 'package.json': '{"scripts": [' })).toEqual([]);
  expect(await commandsOf({ 'package.json': '{"scripts": {"test": 1, "lint": ""}}' })).toEqual([]);
});

it.each([
  [
    'Makefile',
    '.PHONY: all\nX := 1\nlint: x\n\teslint\ncheck:\n\ttrue\n',
    ['test: make check in .', 'lint: make lint in .'],
  ],
  ['justfile', 'test *args:\n  x\nbuild := "no"\n', ['test: just test in .']],
  ['go.mod', 'module x\n', ['test: go test ./... in .', 'lint: go vet ./... in .', 'build: go build ./... in .']],
  ['Cargo.toml', '', ['test: cargo test in .', 'build: cargo build in .', 'lint: cargo clippy in .']],
  ['pyproject.toml', '[tool.pytest.ini_options]\n[tool.ruff]\n', ['test: pytest in .', 'lint: ruff check . in .']],
  ['setup.cfg', '[tool:pytest]\n', ['test: pytest in .']],
  ['pytest.ini', '', ['test: pytest in .']],
  ['pom.xml', '<project/>', ['test: mvn -q test in .']],
  ['build.gradle', '', ['test: gradle test in .']],
])('%s defines its commands', async (name, text, expected) => {
  expect(await commandsOf({ [name]: text })).toEqual(expected);
});

it("gradle's wrapper is preferred", async () => {
  expect(await commandsOf({ 'build.gradle': '', gradlew: '' })).toEqual(['test: ./gradlew test in .']);
});

it('a lower manifest adds only what no upper one has, and fixtures give nothing', async () => {
  const files = {
    'package.json': scripts({ test: 'a' }),
    'packages/a/package.json': scripts({ test: 'b', build: 'c' }),
    'test/fixtures/x/package.json': scripts({ lint: 'd' }),
  };
  expect(await commandsOf(files)).toEqual(['test: npm test in .', 'build: npm run build in packages/a']);
});

it('TOML values over several lines, comments and quoted keys are read', () => {
  const tables = readToml(
    'a = "x#y" # note\n[p."q"]\nlist = [\n "a[b]>=1", # no\n \'c\',\n]\nlast = 1\n[[t]]\nn = 1\n[[t]]\nn = 2',
  );
  expect(tables.get('')?.get('a')).toBe('"x#y"');
  expect(tomlStrings(tables.get('p.q')?.get('list') ?? '')).toEqual(['a[b]>=1', 'c']);
  expect(tables.get('p.q')?.get('last')).toBe('1');
  expect([...tables.keys()].filter((name) => name.startsWith('t#'))).toHaveLength(2);
});

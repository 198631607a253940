import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './harness.js';
import { requestView } from './shapes.js';

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = new Sandbox();
});
afterAll(() => sandbox.end());

interface SkillSection {
  task: string;
  report: {
    skipped?: string;
    figures: Record<string, number | string>;
    tables: { title: string; rows: (string | number)[][] }[];
    findings: { path?: string; line?: number }[];
  };
}
interface Report {
  workspace: string;
  skills: SkillSection[];
}

const FILES = {
  'main.py': '# TODO: a\nprint(1)\nno newline at the end',
  'src/app.ts': 'const a = 1; // FIXME and TODO\n\n// HACK\nexport default a;\n',
  'src/deep/more.ts': 'TODOS are none, nor is XXX_; this is: XXX\n',
  'README.md': '# Read me\n\nTODO\n',
  'data.bin': Buffer.from([0, 10, 10, 255]),
  'empty.py': '',
};
const READING = 11;

/** The files of a workspace as the system's own programs list them: with git, without. Each ends with NUL. */
const GIT_FILES = 'git ls-files -z';
const ALL_FILES =
  "find . \\( -name .git -o -name node_modules \\) -prune -o \\( -type f -o -type l \\) -print0 | sed -z 's|^\\./||'";

/** What the system's own programs say of the files that `list` names. */
function measured(workspace: string, list: string): Record<string, number> {
  const number = (script: string): number => Number(sandbox.output(workspace, 'bash', '-c', script).trim());
  const present = `${list} | while IFS= read -r -d '' f; do if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\\0' "$f"; fi; done`;
  const regular = `${present} | while IFS= read -r -d '' f; do if [ ! -L "$f" ]; then printf '%s\\0' "$f"; fi; done`;
  const linesOf = (name: string): number => number(`${regular} | grep -z '\\.${name}$' | xargs -0 -r cat -- | wc -l`);
  const marked = (words: string): number => number(`${regular} | xargs -0 -r grep -IhwE '${words}' -- | wc -l`);
  return {
    files: number(`${present} | tr -cd '\\0' | wc -c`),
    symlinks: number(`${present} | while IFS= read -r -d '' f; do if [ -L "$f" ]; then echo; fi; done | wc -l`),
    bytes: number(`${regular} | xargs -0 -r cat -- | wc -c`),
    python: linesOf('py'),
    typescript: linesOf('ts'),
    marked: marked('TODO|FIXME|HACK|XXX'),
    'files marked': number(`${regular} | xargs -0 -r grep -IlZwE 'TODO|FIXME|HACK|XXX' -- | tr -cd '\\0' | wc -c`),
    todo: marked('TODO'),
    longest: number(
      `${regular} | while IFS= read -r -d '' f; do case "$f" in *.bin) ;; *) wc -l < "$f";; esac; done | sort -n | tail -1`,
    ),
  };
}

/** The same figures as the report has them. */
function reported({ skills }: Report): Record<string, number> {
  const figure = (task: string, name: string): number => Number(section(skills, task).figures[name]);
  const lines = (language: string): number =>
    Number(section(skills, 'languages').tables[0]?.rows.find(([name]) => name === language)?.[2] ?? 0);
  return {
    files: figure('inventory', 'files'),
    symlinks: figure('inventory', 'symlinks'),
    bytes: figure('inventory', 'bytes'),
    python: lines('Python'),
    typescript: lines('TypeScript'),
    marked: figure('todo-comments', 'lines'),
    'files marked': figure('todo-comments', 'files'),
    todo: figure('todo-comments', 'TODO'),
    longest: figure('large-files', 'longest file in lines'),
  };
}

const section = (skills: readonly SkillSection[], task: string): SkillSection['report'] =>
  skills.find((skill) => skill.task === task)!.report;

/** A folder and everything below it, `.git` too: names, kinds, modes, times of change, contents. */
function listing(path: Buffer): string[] {
  const stats = lstatSync(path, { bigint: true });
  const content = stats.isFile() ? readFileSync(path) : stats.isSymbolicLink() ? readlinkSync(path, 'buffer') : '';
  const digest = createHash('sha256').update(content).digest('hex');
  const below = stats.isDirectory() ? readdirSync(path, { encoding: 'buffer' }) : [];
  return [
    `${path.toString('latin1')} ${stats.mode} ${stats.mtimeNs} ${stats.ctimeNs} ${digest}`,
    ...below.flatMap((name) => listing(Buffer.concat([path, Buffer.from('/'), name]))),
  ];
}

/** The analysis of a workspace from the command line: complete, true, and without a trace in the workspace. */
async function analysed(workspace: string, list = GIT_FILES): Promise<Report> {
  const before = listing(Buffer.from(workspace));
  const view = requestView.parse(
    await sandbox.json(['run', 'Analyze this repository for quality problems', '--workspace', workspace]),
  );
  expect(listing(Buffer.from(workspace))).toEqual(before);
  expect(view.status).toBe('complete');
  expect(view.tasks.filter(({ status }) => status === 'completed')).toHaveLength(READING);
  const report = JSON.parse(readFileSync(view.report!.json, 'utf8')) as Report;
  expect(report.workspace).toBe(workspace);
  expect(view.report!.markdown.startsWith(`${sandbox.home}/`)).toBe(true);
  expect(reported(report)).toEqual(measured(workspace, list));
  return report;
}

const hotspots = ({ skills }: Report): SkillSection['report'] => section(skills, 'git-hotspots');

describe('the analysis tells the truth, and leaves the workspace as it was, in', () => {
  it('a repository', async () => {
    const report = await analysed(sandbox.repository('plain', FILES));
    // What the system's programs counted is what was put there, too.
    expect(reported(report)).toEqual({
      files: 6,
      symlinks: 0,
      bytes: Object.values(FILES).reduce((sum, content) => sum + Buffer.byteLength(content), 0),
      python: 2,
      typescript: 5,
      marked: 5,
      'files marked': 4,
      todo: 3,
      longest: 4,
    });
    const found = section(report.skills, 'todo-comments').findings.map(({ path, line }) => `${path}:${line}`);
    expect(found.sort()).toEqual(['README.md:3', 'main.py:1', 'src/app.ts:1', 'src/app.ts:3', 'src/deep/more.ts:1']);
    expect(hotspots(report).figures).toMatchObject({ commits: 1, 'files changed': 6 });
    expect(JSON.stringify(report)).not.toMatch(/uncommitted/i);
  });

  it('a subfolder of a repository, to which what git says is limited', async () => {
    const top = sandbox.repository('whole', FILES);
    writeFileSync(join(top, 'main.py'), 'print(2)\n');
    sandbox.commit(top);
    const report = await analysed(join(top, 'src'));
    expect(reported(report).files).toBe(2);
    expect(hotspots(report).figures).toMatchObject({ commits: 1, 'files changed': 2 });
    expect(
      hotspots(report)
        .tables[0]?.rows.map(([file]) => file)
        .sort(),
    ).toEqual(['app.ts', 'deep/more.ts']);
  });

  it('a folder without git', async () => {
    const folder = sandbox.tree('no git', { ...FILES, 'node_modules/x/index.ts': '// TODO\n'.repeat(9) });
    const report = await analysed(folder, ALL_FILES);
    expect(reported(report).files).toBe(6);
    expect(hotspots(report).skipped).toBe('no git');
  });

  it('a folder that cannot be written to', async () => {
    const folder = sandbox.repository('read-only', FILES);
    sandbox.output(folder, 'chmod', '-R', 'a-w', folder);
    try {
      await analysed(folder);
    } finally {
      sandbox.output(folder, 'chmod', '-R', 'u+w', folder);
    }
  });

  it('an empty folder', async () => {
    const folder = join(sandbox.folder, 'nothing');
    mkdirSync(folder);
    const report = await analysed(folder, ALL_FILES);
    expect(reported(report).files).toBe(0);
  });

  it('a repository without a commit', async () => {
    const folder = sandbox.tree('unborn', {});
    mkdirSync(folder);
    sandbox.git(folder, 'init', '--quiet');
    const report = await analysed(folder);
    expect(hotspots(report).skipped).toMatch(/no commit/);
  });

  it('a repository with changes: the working tree is read, and the report says so', async () => {
    const folder = sandbox.repository('dirty', FILES);
    writeFileSync(join(folder, 'main.py'), '# TODO\n# TODO\n# TODO\n');
    writeFileSync(join(folder, 'new.py'), '# TODO, but git does not know this file\n');
    sandbox.output(folder, 'rm', 'src/app.ts');
    const report = await analysed(folder);
    expect(reported(report)).toMatchObject({ files: 5, python: 3, todo: 4 });
    expect(JSON.stringify(report)).toMatch(/uncommitted/i);
  });

  it('a folder and files with odd names: spaces, umlauts, newlines, bytes that are no UTF-8', async () => {
    const folder = sandbox.tree('Prüf lauf\nzwei', {
      ...FILES,
      'a b/ü ö.py': '# TODO\n',
      'line\nbreak.ts': '// HACK\n',
      '-rf': 'x\n',
    });
    // The file systems of macOS take no name that is not UTF-8.
    const raw = process.platform === 'linux' ? 1 : 0;
    if (raw) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from('bad-\xff.py', 'latin1')]), '# XXX\n');
    sandbox.git(folder, 'init', '--quiet');
    sandbox.commit(folder);
    const report = await analysed(folder);
    expect(reported(report)).toMatchObject({ files: 9 + raw, python: 3 + raw, marked: 7 + raw });
    const paths = section(report.skills, 'todo-comments').findings.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['a b/ü ö.py', ...(raw ? ['bad-\\xff.py'] : [])]));
  });

  it('a repository with symlinks, which are listed and never followed', async () => {
    const outside = sandbox.tree('outside', { 'secret.py': '# TODO\n'.repeat(50) });
    const folder = sandbox.tree('links', FILES);
    symlinkSync(join(outside, 'secret.py'), join(folder, 'out.py'));
    symlinkSync(outside, join(folder, 'folder'));
    symlinkSync('nowhere', join(folder, 'dangling.py'));
    symlinkSync('.', join(folder, 'loop'));
    sandbox.git(folder, 'init', '--quiet');
    sandbox.commit(folder);
    const report = await analysed(folder);
    expect(reported(report)).toMatchObject({ files: 10, symlinks: 4, python: 2, todo: 3 });
    sandbox.output(folder, 'rm', '-rf', '.git');
    await analysed(folder, ALL_FILES);
  });

  it('a folder that is named by a symlink', async () => {
    const folder = sandbox.repository('real', FILES);
    const link = join(sandbox.folder, 'alias');
    symlinkSync(folder, link);
    const view = requestView.parse(
      await sandbox.json(['run', 'Analyze this repository for quality problems', '--workspace', link]),
    );
    expect(view.status).toBe('complete');
    expect((JSON.parse(readFileSync(view.report!.json, 'utf8')) as Report).workspace).toBe(folder);
  });

  it('a folder with files that may not be read, or are none', async () => {
    const folder = sandbox.repository('odd', FILES);
    sandbox.output(folder, 'mkfifo', 'pipe');
    writeFileSync(join(folder, 'locked.md'), 'x\n');
    sandbox.commit(folder);
    chmodSync(join(folder, 'locked.md'), 0);
    sandbox.output(folder, 'rm', 'empty.py');
    sandbox.output(folder, 'mkfifo', 'empty.py');
    const view = requestView.parse(
      await sandbox.json(['run', 'Analyze this repository for quality problems', '--workspace', folder]),
    );
    expect(view.status).toBe('complete');
    const report = JSON.parse(readFileSync(view.report!.json, 'utf8')) as Report;
    expect(reported(report)).toMatchObject({ files: 6, python: 2 });
  });
});

describe('the commands of a project', () => {
  const project = (): string =>
    sandbox.repository('project', {
      'package.json': JSON.stringify({
        name: 'p',
        scripts: { test: 'touch ../tested && exit 3', lint: 'touch ../linted' },
      }),
    });
  const tried = (name: string): boolean => readdirSync(sandbox.folder).includes(name);

  it('run only after a decision; skipped by choice the outcome stays complete', async () => {
    const args = [
      'run',
      'Analyze this repository for quality problems',
      '--workspace',
      project(),
      '--id',
      'asked',
      '--no-wait',
    ];
    const waiting = requestView.parse(await sandbox.json(args, 4));
    const [decision] = waiting.decisions;
    expect(decision?.question).toMatch(/npm (run )?test[^]*npm run lint|npm run lint[^]*npm (run )?test/);
    await sandbox.json(['decide', decision!.id, 'skip']);
    expect((await sandbox.baton(['watch', 'asked'])).code).toBe(0);
    const view = requestView.parse(await sandbox.json(['status', 'asked']));
    expect(view.tasks.filter(({ status }) => status === 'skipped')).toHaveLength(2);
    expect(tried('tested') || tried('linted')).toBe(false);
  });

  it('run with --yes; one that fails is a finding of the report, and its task is completed', async () => {
    const args = ['run', 'Analyze this repository for quality problems', '--workspace', project(), '--yes'];
    const view = requestView.parse(await sandbox.json(args));
    expect(view.tasks.every(({ status }) => status === 'completed')).toBe(true);
    expect(tried('tested') && tried('linted')).toBe(true);
    const report = JSON.parse(readFileSync(view.report!.json, 'utf8')) as Report;
    const failing = report.skills.filter(
      ({ task }) => !Number.isNaN(Number(section(report.skills, task).figures['exitCode'])),
    );
    expect(
      failing.map(({ report: { figures, findings } }) => [figures['exitCode'], findings.length > 0]).sort(),
    ).toEqual([
      [0, false],
      [3, true],
    ]);
  });
});

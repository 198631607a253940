import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyleftOf, licenceOfText } from '../../../src/agents/skills/licences.js';
import { folderWith, git, put, repositoryWith } from '../../workspace/folders.js';
import { rowsOf, runSkill } from './running.js';

describe('secrets', () => {
  const random = 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA3bC5d';
  // Put together here, so that no scanner takes this file for a leak.
  const planted: Record<string, string> = {
    'private key': `-----BEGIN RSA PRIVATE KEY-----\nMIIE${random}\nXXX ${random}\n-----END RSA PRIVATE KEY-----`,
    'AWS access key': `AKIA${random.toUpperCase().slice(0, 16)}`,
    'GitHub token': `ghp_${random.slice(0, 36)}`,
    'Slack token': `xoxb-${random}`,
    'Stripe key': `sk_live_${random.slice(0, 24)}`,
    'Google API key': `AIza${random.slice(0, 35)}`,
    'Anthropic key': `sk-ant-api03-${random}`,
    'OpenAI key': `sk-proj-${random}`,
    'JSON web token': `eyJ${random}.eyJ${random}.${random}`,
  };
  const password = 'c0rrect-H0rse-8attery';

  it('are found by rule, line and length, and their text is in no report', async () => {
    const files = Object.fromEntries(
      Object.entries(planted).map(([rule, secret]) => [`src/${rule}.txt`, `first\n// TODO x ${secret} y\n`]),
    );
    const folder = repositoryWith({ ...files, 'p.py': `x = 1\npassword = "${password}" # FIXME\n`, '.env': 'A=1\n' });
    const report = await runSkill('secrets', folder);
    const found = report.findings.filter((finding) => finding.line !== undefined);
    expect(found.map(({ path, message, line }) => [path, message, line]).sort()).toEqual(
      [
        ...Object.entries(planted).map(([rule, secret]) => [
          `src/${rule}.txt`,
          `${rule}, ${secret.length} characters`,
          2,
        ]),
        ['p.py', `password assignment, ${password.length} characters`, 2],
      ].sort(),
    );
    expect(report.findings).toContainEqual({
      severity: 'major',
      message: 'environment file tracked by git',
      path: '.env',
    });
    const reports = JSON.stringify([report, await runSkill('todo-comments', folder)]);
    for (const secret of [
      password,
      random.slice(0, 12),
      random.toUpperCase().slice(0, 12),
      ...Object.values(planted),
    ]) {
      expect(reports).not.toContain(secret);
    }
  });

  it('placeholders, words and examples are not secrets', async () => {
    const folder = repositoryWith({
      'a.ts':
        'password = "changeme-please"\ntoken: "${process.env.TOKEN}"\nsecret = "aaaaaaaaaaaa"\nAKIAIOSFODNN7EXAMPLE\n',
      '.env.example': 'A=\n',
    });
    expect((await runSkill('secrets', folder)).findings).toEqual([]);
  });

  it('a secret in a name is not repeated', async () => {
    const secret = planted['GitHub token'] ?? '';
    const report = await runSkill('secrets', folderWith({ [secret]: secret }));
    expect(report.figures['secrets']).toBe(1);
    expect(JSON.stringify(report)).not.toContain(secret);
  });
});

describe('dependencies', () => {
  it('are listed with the licences that lock files and installed packages tell', async () => {
    const folder = repositoryWith({
      LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining',
      'package.json': JSON.stringify({ dependencies: { a: '^1', '@s/b': '2' }, devDependencies: { c: '3' } }),
      'package-lock.json': JSON.stringify({
        lockfileVersion: 3,
        packages: {
          '': {},
          'node_modules/a': { version: '1.0.0', license: 'GPL-3.0-only' },
          'node_modules/@s/b': { version: '2.0.0' },
          'node_modules/a/node_modules/c': { version: '3.0.0', license: '(MIT OR GPL-2.0)' },
          'node_modules/own': { link: true },
        },
      }),
      'py/requirements.txt': '# c\nrequests[socks]>=2 ; x\n-r other.txt\n\nflask\n',
      'go.mod': 'module m\n\nrequire (\n\tx.org/y v1.2.3\n\tx.org/z v0.1.0 // indirect\n)\nrequire x.org/w v1.0.0\n',
      'Cargo.toml':
        '[dependencies]\nserde = "1"\ntokio = { version = "1.2" }\n[dependencies.rand]\nversion = "0.8"\n[dev-dependencies]\nfoo = "1"\n',
      'pom.xml': '<dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency>',
      'pyproject.toml': '[project]\ndependencies = [\n  "numpy>=1",\n]\n',
    });
    put(folder, { 'node_modules/@s/b/package.json': '{"license":"ISC"}' });
    const report = await runSkill('dependencies', folder);
    expect(report.figures).toMatchObject({
      'project licence': 'MIT',
      'packages locked': 3,
      'copyleft licences': 1,
      'for indirect': 1,
    });
    const named = rowsOf(report, 'Named').map(([name, version, use]) => `${name} ${version} ${use}`);
    expect(named.sort()).toEqual(
      [
        'a ^1 run',
        '@s/b 2 run',
        'c 3 development',
        'requests >=2 run',
        'flask  run',
        'x.org/y v1.2.3 run',
        'x.org/z v0.1.0 indirect',
        'x.org/w v1.0.0 run',
        'serde 1 run',
        'tokio 1.2 run',
        'rand 0.8 run',
        'foo 1 development',
        'g:a 1 run',
        'numpy >=1 run',
      ].sort(),
    );
    expect(report.figures['dependencies named']).toBe(named.length);
    expect(rowsOf(report, 'Licences')).toContainEqual(['ISC', 1]);
    expect(report.findings.map((finding) => finding.message)).toEqual([
      'a 1.0.0 is under GPL-3.0-only (strong copyleft)',
    ]);
  });

  it('an installed package that links out of the workspace is not read', async () => {
    const outside = folderWith({ 'package.json': '{"license":"MIT"}' });
    const folder = folderWith({ 'package.json': '{"dependencies":{"a":"1","../../x":"1"}}' });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(outside, join(folder, 'node_modules', 'a'));
    expect((await runSkill('dependencies', folder)).figures).toMatchObject({ 'unknown licences': 2 });
  });

  it.each([
    ['MIT', 'none'],
    ['GPL-2.0', 'strong'],
    ['AGPL-3.0-only', 'strong'],
    ['LGPL-3.0', 'weak'],
    ['(MIT OR GPL-2.0)', 'none'],
    ['MIT AND MPL-2.0', 'weak'],
    ['unknown', 'none'],
  ])('%s has the copyleft %s', (name, reach) => expect(copyleftOf(name)).toBe(reach));

  it.each([
    ['Apache License\n Version 2.0, January 2004', 'Apache-2.0'],
    ['GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007 ... GNU Affero General Public License', 'GPL-3.0'],
    ['Redistribution and use in source and binary forms ... Neither the name of', 'BSD-3-Clause'],
    ['all mine', 'unknown'],
  ])('a licence is told by its text: %s', (text, name) => expect(licenceOfText(text)).toBe(name));
});

describe('project commands', () => {
  it('lists what manifests define and names what is missing', async () => {
    const report = await runSkill('project-commands', folderWith({ 'package.json': '{"scripts":{"lint":"x"}}' }));
    expect(rowsOf(report, 'Commands')).toEqual([['lint', 'npm run lint', '.', 'package.json']]);
    expect(report.figures['missing']).toBe('test, build');
    expect(report.findings[0]).toEqual({ severity: 'minor', message: 'no manifest defines a test command' });
  });
});

describe('one project command', () => {
  const given = { purpose: 'lint', argv: ['npm', 'run', 'lint'], cwd: '.' };

  it('exit code 0 has no finding', async () => {
    const report = await runSkill('project-command', folderWith(), { given });
    expect(report.figures).toMatchObject({ exitCode: 0, command: 'npm run lint' });
    expect(report.findings).toEqual([]);
  });

  it('another exit code is a finding with the last lines of the output, secrets hidden', async () => {
    const secret = `ghp_${'aB3d'.repeat(9)}`;
    const end = { exitCode: 2, outputTail: `start\n\nbad thing ${secret}\nlast\n` };
    const report = await runSkill('project-command', folderWith(), { given, end });
    expect(report.figures['exitCode']).toBe(2);
    expect(report.findings[0]).toMatchObject({ severity: 'major' });
    expect(report.findings[0]?.message).toMatch(/^lint ended with exit code 2: start\nbad thing \*+\nlast$/);
    expect(JSON.stringify(report)).not.toContain(secret);
  });

  it('one that cannot be started, or that a signal ended, is a finding', async () => {
    const missing = await runSkill('project-command', folderWith(), { given, end: { started: false, exitCode: null } });
    expect(missing.findings[0]?.message).toBe('lint could not be started');
    const killed = await runSkill('project-command', folderWith(), {
      given,
      end: { exitCode: null, signal: 'SIGKILL' },
    });
    expect(killed.findings[0]?.message).toBe('lint was ended by SIGKILL');
  });

  it.each([
    ['with.argv', { argv: [] }],
    ['with.argv', {}],
    ['with.argv[1]', { argv: ['a', 1] }],
    ['with.cwd', { argv: ['a'], cwd: '../x' }],
    ['with.cwd', { argv: ['a'], cwd: '/etc' }],
  ])('%s is named where it cannot be used', async (path, wrong) => {
    const run = runSkill('project-command', folderWith(), { given: wrong });
    await expect(run).rejects.toMatchObject({ code: 'bad_input', path });
  });
});

describe('documentation', () => {
  it('names what is there and the links that lead nowhere', async () => {
    const page = [
      '[ok](docs/a%20b.md#x) ![no](img/none.png)',
      '`[code](gone1)` [web](https://x.org) [top](#here) [up](../../out.md) [abs](/x)',
      '```',
      '[fenced](gone2)',
      '```',
      '[ref]: docs/missing.md',
      '[^note]: this is a note',
      '[dir](docs/) [title](docs/none.md "t")',
    ];
    const folder = repositoryWith({
      'README.md': page.join('\n'),
      'docs/a b.md': '[back](../README.md)',
      LICENSE: 'x',
    });
    const report = await runSkill('documentation', folder);
    expect(report.figures).toMatchObject({
      README: 'README.md',
      LICENSE: 'LICENSE',
      CHANGELOG: 'missing',
      'docs folder': 'docs',
    });
    const dead = report.findings.filter((finding) => finding.line !== undefined);
    expect(dead.map(({ message, line }) => `${line}: ${message}`)).toEqual([
      '1: link to img/none.png leads nowhere',
      '6: link to docs/missing.md leads nowhere',
      '8: link to docs/none.md leads nowhere',
    ]);
    expect(report.figures).toMatchObject({ 'dead links': 3, 'relative links': 6 });
  });
});

describe('tests', () => {
  it('counts tests and sources, and names folders without a test', async () => {
    const folder = repositoryWith({
      'src/a/x.ts': '',
      'src/b/y.ts': '',
      'src/c/z.ts': '',
      'src/c/z.test.ts': '',
      'test/a/x2.test.ts': '',
      'lib/m.py': '',
      'tests/test_m.py': '',
      'rust/src/r.rs': '#[test]\nfn t() {}',
    });
    git(folder, 'add', '-A');
    const report = await runSkill('tests', folder);
    expect(report.figures).toMatchObject({ 'test files': 3, 'source files': 5, 'source folders without a test': 1 });
    expect(report.findings).toEqual([{ severity: 'info', message: 'no test for 1 source file', path: 'src/b' }]);
    expect(rowsOf(report, 'By language')).toContainEqual(['TypeScript', 2, 3]);
  });
});

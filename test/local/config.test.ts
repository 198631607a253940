import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { BatonError } from '../../src/contract/errors.js';
import { LIMITS } from '../../src/contract/limits.js';
import { PROVIDERS } from '../../src/contract/model-provider.js';
import { CLI_DEFAULTS, PRECONFIGURED } from '../../src/contract/runtimes/index.js';
import { BUILT_IN_MODES } from '../../src/contract/modes.js';
import { loadConfig, reloadConfig } from '../../src/local/config.js';
import { configJsonSchema } from '../../src/local/config-schema.js';
import { temporaryFolder } from './helpers/folders.js';

function places(home?: string | Buffer, workspace?: string): { home: string; workspace: string } {
  const folder = temporaryFolder();
  const made = { home: join(folder, 'home'), workspace: join(folder, 'workspace') };
  mkdirSync(made.home);
  mkdirSync(made.workspace);
  if (home !== undefined) writeFileSync(join(made.home, 'baton.yaml'), home);
  if (workspace !== undefined) writeFileSync(join(made.workspace, 'baton.yaml'), workspace);
  return made;
}

function problemOf(load: () => unknown): BatonError {
  try {
    load();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const refusal = (text: string | Buffer): string => problemOf(() => loadConfig(places(text))).message;

describe('baton.yaml', () => {
  it('may be missing, empty, or only a comment: then the defaults count', () => {
    for (const text of [undefined, '', '# nothing\n', '---\n']) {
      expect(loadConfig(places(text)).config).toEqual({
        allowShell: false,
        environment: [],
        secrets: {},
        modes: BUILT_IN_MODES,
        policies: [],
        maxParallel: LIMITS.parallelTasksDefault,
        maxProcesses: LIMITS.hostProcesses,
        resources: {},
        permissionWaitMs: LIMITS.permissionWaitMs,
        taskTimeLimitMs: LIMITS.taskTimeLimitMaxMs,
        killGraceMs: LIMITS.killGraceMs,
        decisionDeadlineMs: LIMITS.decisionDefaultDeadlineMs,
        decisionReminderMs: LIMITS.decisionReminderMs,
        decisionEscalationMs: LIMITS.decisionEscalationMs,
        escalateTo: [],
        decisionExpiryMs: LIMITS.decisionExpiryMs,
        idleStopMs: LIMITS.idleStopMs,
        sandbox: 'off',
        sandboxWritable: [],
        runtimes: PRECONFIGURED,
        endpoints: {},
        mcp: {},
        mcpWorkspaces: [],
        models: PROVIDERS,
        logLevel: 'INFO',
      });
    }
  });

  it('of the data folder has the full say', () => {
    const text =
      'allowShell: true\nenvironment: [NPM_TOKEN, NPM_TOKEN]\nmaxParallel: 4\nkillGrace: 3s\n' +
      'taskTimeLimit: 2h\ndecisionDeadline: 1d\nidleStop: 30m\nlogLevel: DEBUG\n' +
      'secrets: {vault: {file: ~/v}, ci: {env: CI_TOKEN}}\n' +
      'sandbox: required\nsandboxWritable: [~/.agent]\n' +
      'decisionReminder: 2h\ndecisionEscalation: 5h\nescalateTo: [ann, bob, ann]\ndecisionExpiry: 60d\n';
    const at = places(text);
    const { config, sources } = loadConfig(at);
    expect(config).toEqual({
      allowShell: true,
      environment: ['NPM_TOKEN'],
      secrets: { vault: { kind: 'file', path: '~/v' }, ci: { kind: 'variable', name: 'CI_TOKEN' } },
      modes: BUILT_IN_MODES,
      policies: [],
      maxParallel: 4,
      maxProcesses: LIMITS.hostProcesses,
      resources: {},
      permissionWaitMs: LIMITS.permissionWaitMs,
      taskTimeLimitMs: 7_200_000,
      killGraceMs: 3000,
      decisionDeadlineMs: 86_400_000,
      decisionReminderMs: 7_200_000,
      decisionEscalationMs: 18_000_000,
      escalateTo: ['ann', 'bob'],
      decisionExpiryMs: 60 * 86_400_000,
      idleStopMs: 1_800_000,
      sandbox: 'required',
      sandboxWritable: ['~/.agent'],
      runtimes: PRECONFIGURED,
      endpoints: {},
      mcp: {},
      mcpWorkspaces: [],
      models: PROVIDERS,
      logLevel: 'DEBUG',
    });
    expect(sources).toEqual([join(at.home, 'baton.yaml')]);
    expect(loadConfig({ home: at.home, workspace: at.home }).config.allowShell).toBe(true);
  });

  it('describes command lines that agents can be run by, beside those that Baton knows', () => {
    const lines = [
      'runtimes:',
      '  mine:',
      '    program: mine',
      '    arguments: [--json, [--model, "{model}"]]',
      '    silenceLimit: 5m',
    ];
    const { runtimes } = loadConfig(places(lines.join('\n'))).config;
    expect(Object.keys(runtimes)).toEqual([...Object.keys(PRECONFIGURED), 'mine']);
    const mine = {
      title: 'mine',
      program: 'mine',
      arguments: ['--json', ['--model', '{model}']],
      silenceLimitMs: 300_000,
    };
    expect(runtimes['mine']).toEqual({ ...CLI_DEFAULTS, ...mine });
  });

  it('names servers whose tools are skills, by a command or by an address', () => {
    const lines = [
      'mcp:',
      '  files: { command: [node, files.mjs], environment: [TOKEN] }',
      '  web: { url: "https://example.com/mcp", headers: { Authorization: "Bearer ${TOKEN}" } }',
    ];
    expect(loadConfig(places(lines.join('\n'))).config.mcp).toEqual({
      files: { kind: 'stdio', command: ['node', 'files.mjs'], cwd: null, environment: ['TOKEN'] },
      web: { kind: 'http', url: 'https://example.com/mcp', headers: { Authorization: 'Bearer ${TOKEN}' } },
    });
    expect(refusal('mcp: { a: {} }')).toMatch(/mcp\.a: needs either command or url/);
    expect(refusal('mcp: { a: { url: "file:///etc" } }')).toMatch(/mcp\.a\.url: a URL that begins with http/);
    expect(refusal('mcp: { a: { url: "http://me:secret@x/" } }')).toMatch(/mcp\.a\.url: no name and password/);
    expect(refusal('mcp: { a: { command: [x], headers: {} } }')).toMatch(/mcp\.a\.headers: goes with url only/);
    expect(refusal('mcp: { A_b: { command: [x] } }')).toMatch(/a name has lower-case letters/);
  });

  it('names services that agents are reached at', () => {
    const text =
      'endpoints: { a: { url: "https://example.com/run", headers: { X-Key: "${KEY}" } }, b: { url: "http://b/" } }';
    expect(loadConfig(places(text)).config.endpoints).toEqual({
      a: { url: 'https://example.com/run', headers: { 'X-Key': '${KEY}' } },
      b: { url: 'http://b/', headers: {} },
    });
    expect(refusal('endpoints: { a: { url: "ftp://a/" } }')).toMatch(/endpoints\.a\.url: a URL that begins with http/);
    expect(refusal('endpoints: { codex: { url: "http://a/" } }')).toMatch(/this name is that of a command line/);
  });

  it('of a workspace narrows and never widens', () => {
    const home = 'allowShell: true\nmaxParallel: 4\ntaskTimeLimit: 1h\n';
    const narrowed = loadConfig(places(home, 'allowShell: false\nmaxParallel: 2\ntaskTimeLimit: 5m\n'));
    expect(narrowed.config).toMatchObject({ allowShell: false, maxParallel: 2, taskTimeLimitMs: 300_000 });
    expect(narrowed.sources).toHaveLength(2);
    const wider = loadConfig(places(home, 'maxParallel: 50\ntaskTimeLimit: 9h\n'));
    expect(wider.config).toMatchObject({ allowShell: true, maxParallel: 4, taskTimeLimitMs: 3_600_000 });
  });

  it.each([
    'allowShell: true',
    'environment: [HOME]',
    'killGrace: 1s',
    'idleStop: 1h',
    'logLevel: ERROR',
    'decisionDeadline: 1m',
    'decisionExpiry: 1m',
    'escalateTo: [mallory]',
    'runtimes: { mine: { program: mine, arguments: [] } }',
    'endpoints: { a: { url: "https://example.com/" } }',
    'mcp: { files: { command: [evil] } }',
  ])('of a workspace with %s is refused with the place where that counts', (line) => {
    const { code, path, message } = problemOf(() => loadConfig(places('', `# first\n${line}\n`)));
    expect({ code, path }).toEqual({ code: 'bad_input', path: 'baton.yaml:2:1' });
    expect(message).toContain('counts only in BATON_HOME/baton.yaml');
  });
});

describe('an error in baton.yaml', () => {
  it.each([
    ['\n\n  allowShell: maybe\n', 'baton.yaml:3:15 allowShell: '],
    ['maxParallel: 3\nmaxParalel: 4\n', 'baton.yaml:2:1 maxParalel: unknown field; known are allowShell, '],
    ['environment:\n  - FINE\n  - "not a name"\n', 'baton.yaml:3:5 environment.1: expected the name'],
    [
      'runtimes:\n  mine:\n    program: mine\n    arguments: ["{modle}"]\n',
      'baton.yaml:4:17 runtimes.mine.arguments.0: {modle}',
    ],
    ['runtimes:\n  mine:\n    arguments: []\n', 'baton.yaml:3:5 runtimes.mine.program: missing'],
    [
      'runtimes:\n  mine:\n    extends: codex\n    silence: 5m\n',
      'baton.yaml:4:5 runtimes.mine.silence: unknown field',
    ],
    ['runtimes:\n  command: { extends: codex }\n', 'baton.yaml:2:3 runtimes.command: this name'],
    ['taskTimeLimit: 90\n', 'baton.yaml:1:16 taskTimeLimit: '],
    ['taskTimeLimit: 90 minutes\n', 'baton.yaml:1:16 taskTimeLimit: expected a number with ms'],
    ['taskTimeLimit: 400d\n', 'baton.yaml:1:16 taskTimeLimit: expected a duration from'],
    ['decisionExpiry: 366d\n', 'baton.yaml:1:17 decisionExpiry: expected a duration from'],
    ['escalateTo: ann\n', 'baton.yaml:1:13 escalateTo: '],
    ['maxParallel: 0\n', 'baton.yaml:1:14 maxParallel: '],
    ['maxParallel: .nan\n', 'baton.yaml:1:14 maxParallel: '],
    ['maxParallel: 1\nmaxParallel: 2\n', 'baton.yaml:2:1 Map keys must be unique'],
    ['a: [1\nb: }\n', 'baton.yaml:2:1 '],
    ['- 1\n', 'baton.yaml:1:1 '],
    ['__proto__: {allowShell: true}\n', 'baton.yaml:1:1 __proto__: unknown field'],
    ['allowShell: true\n---\nallowShell: false\n', 'baton.yaml:2:1 only one document is allowed'],
    ['environment: &a [A]\nx: *a\n', 'baton.yaml:1:17 anchors are not allowed'],
    ['x: *gone\n', 'baton.yaml:1:4 '],
    ['<<: {allowShell: true}\n', 'baton.yaml:1:1 <<: unknown field'],
    ['allowShell: !!bool true\n', 'baton.yaml:1:20 tags are not allowed'],
    ['x: !evil y\n', 'baton.yaml:1:10 tags are not allowed'],
    ['['.repeat(200_000), 'baton.yaml:1:1 nested too deeply'],
    [`${'- '.repeat(20_000)}x`, 'baton.yaml:1:1 nested too deeply'],
    [`${'? '.repeat(20_000)}x`, 'baton.yaml:1:1 nested too deeply'],
    ['#'.repeat(LIMITS.configBytes + 1), 'baton.yaml: it is longer than 262144 bytes'],
    [Buffer.from([0x61, 0x3a, 0x20, 0xff]), 'baton.yaml: it is not UTF-8'],
  ])('%.40j is named with line and column', (text, start) => {
    expect(refusal(text)).toContain(start);
  });

  it('stands beside the others', () => {
    expect(
      refusal('allowShell: 1\nmaxParallel: x\nnope: 1\n')
        .split('\n')
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(['baton.yaml:1:13', 'baton.yaml:2:14', 'baton.yaml:3:1']);
  });

  it('never shows what a link in a workspace leads to', () => {
    const at = places();
    writeFileSync(join(at.home, 'secret'), 'password: hunter2\n');
    symlinkSync(join(at.home, 'secret'), join(at.workspace, 'baton.yaml'));
    expect(problemOf(() => loadConfig(at)).message).toBe('baton.yaml: it is a symbolic link');
  });

  it('is also a pipe, which is not waited for, or a folder', () => {
    const [pipe, folder] = [places(), places()];
    execFileSync('mkfifo', [join(pipe.home, 'baton.yaml')]);
    mkdirSync(join(folder.home, 'baton.yaml'));
    for (const at of [pipe, folder]) {
      expect(problemOf(() => loadConfig(at)).message).toBe('baton.yaml: it is not a regular file');
    }
  });

  it('on a reload keeps the last good settings and says why', () => {
    const at = places('maxParallel: 7\n');
    const good = loadConfig(at);
    writeFileSync(join(at.home, 'baton.yaml'), 'maxParallel: many\n');
    const kept = reloadConfig(good, at);
    expect(kept.loaded).toBe(good);
    expect(kept.problem?.message).toContain('baton.yaml:1:14');
    writeFileSync(join(at.home, 'baton.yaml'), 'maxParallel: 8\n');
    expect(reloadConfig(good, at)).toMatchObject({ loaded: { config: { maxParallel: 8 } } });
  });
});

describe('the JSON Schema of baton.yaml', () => {
  it('accepts and refuses what the loader does', () => {
    const check = new Ajv2020().compile(configJsonSchema());
    expect(check({ allowShell: true, killGrace: '2s', environment: ['A'] })).toBe(true);
    expect([
      check({ nope: 1 }),
      check({ killGrace: '2 s' }),
      check({ environment: ['1'] }),
      check({ maxParallel: 0 }),
    ]).toEqual([false, false, false, false]);
  });
});

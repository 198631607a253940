import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN_MODES } from '../../../src/contract/modes.js';
import { LIMITS } from '../../../src/contract/limits.js';
import { CLI_DEFAULTS, PRECONFIGURED } from '../../../src/contract/runtimes/index.js';
import { readAgents } from '../../../src/workspace/agents/read.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-agents-'));
  mkdirSync(join(folder, 'home'));
  mkdirSync(join(folder, 'work'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, content: string | Buffer): string => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};
const text = (name: string, more = ''): string => `---\nname: ${name}\ndescription: d\n${more}---\nDo.\n`;
const read = () =>
  readAgents({
    home: join(folder, 'home'),
    workspace: join(folder, 'work'),
    modes: BUILT_IN_MODES,
    runtimes: { ...PRECONFIGURED, mine: CLI_DEFAULTS },
  });
const OWN = ['debugger', 'documenter', 'implementer', 'refactorer', 'reviewer', 'tester'];

describe('Baton’s own agents', () => {
  it('can be read, each with capabilities of its own, tools and a prompt', async () => {
    const { agents, problems } = await read();
    expect(problems).toEqual([]);
    expect(agents.map(({ name }) => name)).toEqual(OWN);
    for (const agent of agents) {
      expect(agent).toMatchObject({ source: 'built-in', runtime: 'claude-code', model: null });
      expect(agent.capabilities).toContain(agent.specialization);
      expect(agent.inferred).toBeUndefined();
      expect(agent.tools).toEqual(expect.arrayContaining(['Read', 'Grep', 'Glob']));
      expect(agent.tools.some((tool) => tool.startsWith('Bash'))).toBe(false);
      expect(agent.prompt.length).toBeGreaterThan(200);
    }
    expect(agents.find(({ name }) => name === 'reviewer')?.tools).toEqual(['Read', 'Grep', 'Glob']);
  });
});

describe('of agents of one name', () => {
  it('the workspace’s counts before the user’s, and the user’s before Baton’s own', async () => {
    write('home/agents/tester.md', text('tester'));
    write('home/agents/mine.md', text('mine'));
    const path = write('work/.claude/agents/mine.md', text('mine', 'tools: Edit\n'));
    const { agents, overridden } = await read();
    const by = new Map(agents.map((agent) => [agent.name, agent]));
    expect([...by.keys()]).toEqual([...OWN, 'mine'].sort());
    expect(by.get('tester')?.source).toBe('user');
    expect(by.get('mine')).toMatchObject({ source: 'workspace', tools: ['Edit'], path });
    expect(overridden.map(({ name, source }) => [name, source])).toEqual([
      ['tester', 'built-in'],
      ['mine', 'user'],
    ]);
  });

  it('in one folder the first file’s counts, and the other is a problem', async () => {
    const first = write('work/.claude/agents/a.md', text('same'));
    const second = write('work/.claude/agents/sub/b.md', text('same'));
    const { agents, problems } = await read();
    expect(agents.find(({ name }) => name === 'same')?.path).toBe(first);
    expect(problems).toEqual([
      { path: second, source: 'workspace', message: `${second}: name: "same" is already that of ${first}` },
    ]);
  });
});

describe('a file that cannot be used', () => {
  it('is a problem with its path and field, and hides no other agent', async () => {
    const bad = write('work/.claude/agents/tester.md', text('tester', 'maxLoad: many\n'));
    write('work/.claude/agents/good.md', text('good'));
    const { agents, problems } = await read();
    expect(agents.map(({ name, source }) => [name, source])).toEqual(
      expect.arrayContaining([
        ['tester', 'built-in'],
        ['good', 'workspace'],
      ]),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ path: bad, message: expect.stringContaining(`${bad}:4:1 maxLoad: `) });
  });

  it('is one of a workspace that names a program, and the user’s of that name counts', async () => {
    write('home/agents/x.md', text('x', 'runtime: command\ncommand: [mine]\n'));
    write('work/.claude/agents/x.md', text('x', 'runtime: command\ncommand: [./evil]\n'));
    const { agents, problems } = await read();
    expect(agents.find(({ name }) => name === 'x')?.command).toEqual(['mine']);
    expect(problems[0]?.message).toContain('a workspace may not name a program');
  });

  it('is one whose runtime there is not, said with those that there are', async () => {
    const path = write('home/agents/x.md', text('x', 'runtime: codx\n'));
    const there = 'there are claude-code, command, model, codex, gemini, opencode, mine';
    expect((await read()).problems).toEqual([
      { path, source: 'user', message: `${path}:4:1 runtime: there is no runtime "codx"; ${there}` },
    ]);
  });

  it('is one of a workspace that names a command line of the user’s own; Baton’s own may be named anywhere', async () => {
    for (const place of ['home', 'work/.claude']) {
      for (const runtime of ['mine', 'codex'])
        write(`${place}/agents/${runtime}.md`, text(`${place} ${runtime}`, `runtime: ${runtime}\n`));
    }
    const { agents, problems } = await read();
    expect(agents.filter(({ runtime }) => runtime !== 'claude-code').map(({ name }) => name)).toEqual([
      'home codex',
      'home mine',
      'work/.claude codex',
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('a workspace may not name a program'),
    ]);
  });

  it.each([
    ['too large', 'x'.repeat(LIMITS.agentFileBytes + 1), 'larger than'],
    ['not UTF-8', Buffer.from([0x2d, 0x2d, 0x2d, 0xff]), 'not UTF-8'],
    ['without front matter', 'Hello', 'no front matter'],
  ])('is one that is %s', async (_, content, says) => {
    const path = write('work/.claude/agents/x.md', content);
    expect((await read()).problems).toEqual([
      { path, source: 'workspace', message: expect.stringContaining(`${path}: ${says}`) },
    ]);
  });

  it('is not the README of a folder, nor what is no Markdown', async () => {
    write('work/.claude/agents/README.md', '# Our agents\n');
    write('work/.claude/agents/notes.txt', 'x');
    expect((await read()).problems).toEqual([]);
  });
});

describe('a link', () => {
  it('out of the workspace is refused, whether it is of a file or a folder', async () => {
    const secret = write('elsewhere/x.md', text('stolen'));
    mkdirSync(join(folder, 'work/.claude/agents'), { recursive: true });
    symlinkSync(secret, join(folder, 'work/.claude/agents/x.md'));
    symlinkSync(dirname(secret), join(folder, 'work/.claude/agents/sub'));
    const { agents, problems } = await read();
    expect(agents.map(({ name }) => name)).toEqual(OWN);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/x\.md: a link that leads out/),
      expect.stringMatching(/sub: a link that leads out/),
    ]);
  });

  it('of the whole folder out of the workspace is refused too', async () => {
    write('elsewhere/x.md', text('stolen'));
    mkdirSync(join(folder, 'work/.claude'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'work/.claude/agents'));
    const { agents, problems } = await read();
    expect(agents.map(({ name }) => name)).toEqual(OWN);
    expect(problems).toHaveLength(1);
  });

  it('in a circle ends', async () => {
    write('work/.claude/agents/a.md', text('a'));
    symlinkSync(join(folder, 'work/.claude/agents'), join(folder, 'work/.claude/agents/again'));
    const { agents, problems } = await read();
    expect(agents).toHaveLength(OWN.length + 1);
    expect(problems).toEqual([]);
  });

  it('inside the workspace is followed', async () => {
    write('work/shared/a.md', text('a'));
    mkdirSync(join(folder, 'work/.claude'));
    symlinkSync('../shared', join(folder, 'work/.claude/agents'));
    expect((await read()).agents.some(({ name }) => name === 'a')).toBe(true);
  });
});

it('more files than the limit are not read, and that is said once', async () => {
  for (let i = 0; i < LIMITS.agentFiles + 5; i += 1) write(`work/.claude/agents/a${i}.md`, text(`a${i}`));
  const { agents, problems } = await read();
  expect(agents).toHaveLength(OWN.length + LIMITS.agentFiles);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toContain(`more than ${LIMITS.agentFiles} files`);
});

it('without a workspace or a data folder there are Baton’s own', async () => {
  const { agents } = await readAgents({
    home: join(folder, 'nowhere'),
    workspace: null,
    modes: BUILT_IN_MODES,
    runtimes: {},
  });
  expect(agents.map(({ name }) => name)).toEqual(OWN);
});

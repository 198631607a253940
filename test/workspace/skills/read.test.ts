import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/contract/limits.js';
import { SKILL_NAMES } from '../../../src/contract/skills.js';
import { readSkills } from '../../../src/workspace/skills/read.js';
import { folderWith } from '../folders.js';

const skill = (more = ''): string => `---\ndescription: What it is for.\n${more}---\nDo it.\n`;
const read = (home: Record<string, string | Buffer>, workspace: Record<string, string | Buffer> = {}) =>
  readSkills({ home: folderWith(home), workspace: folderWith(workspace) });
const OWN: readonly string[] = SKILL_NAMES.map(({ name }) => name);

describe('the skills of a workspace', () => {
  it('are Baton’s own, the user’s and its own, each with what it takes, gives and may do', async () => {
    const { skills, problems } = await read(
      { 'skills/translate/SKILL.md': skill('allowed-tools: Read Grep\noutput: {type: object}\n') },
      {
        '.claude/skills/notes/SKILL.md': skill('name: release-notes\nallowed-tools: Read, Write, Bash(git log:*)\n'),
        '.claude/skills/count/SKILL.md': skill('command: [node, "{folder}/count.mjs"]\ntimeLimit: 5s\n'),
        '.claude/skills/README.md': 'not a skill',
        '.claude/skills/empty/notes.md': 'no skill either',
      },
    );
    expect(problems).toEqual([]);
    expect(skills.map(({ name }) => name)).toEqual([...OWN, 'count', 'release-notes', 'translate'].sort());
    const by = new Map(skills.map((one) => [one.name, one]));
    expect(by.get('translate')).toMatchObject({
      source: 'user',
      effect: 'reads',
      work: { kind: 'agent', tools: ['Read', 'Grep'], instructions: 'Do it.' },
      output: { type: 'object' },
    });
    expect(by.get('release-notes')).toMatchObject({
      source: 'workspace',
      effect: 'writes',
      work: { tools: ['Read', 'Write', 'Bash(git log:*)'] },
      input: { type: 'object' },
      output: null,
    });
    const folder = by.get('count')?.path.replace(/\/SKILL\.md$/, '') ?? '';
    expect(by.get('count')).toMatchObject({
      work: { kind: 'program', argv: ['node', `${folder}/count.mjs`] },
      timeLimitMs: 5000,
    });
  });

  it('stand before the user’s of the same name, and never before Baton’s own', async () => {
    const { skills, overridden, problems } = await read(
      { 'skills/a/SKILL.md': skill() },
      { '.claude/skills/a/SKILL.md': skill(), '.claude/skills/inventory/SKILL.md': skill() },
    );
    expect(skills.find(({ name }) => name === 'a')?.source).toBe('workspace');
    expect(overridden).toMatchObject([{ name: 'a', source: 'user' }]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/inventory\/SKILL\.md: name: "inventory" is already that of Baton’s own/),
    ]);
    expect(skills.find(({ name }) => name === 'inventory')?.source).toBe('built-in');
  });
});

describe('a SKILL.md that cannot be used is a problem with its place', () => {
  it.each([
    ['no front matter', 'Just text.', /SKILL\.md: no front matter/],
    ['no description', '---\nname: a\n---\n', /SKILL\.md:2:1 description: /],
    ['a schema that is none', skill('input: {type: wrong}\n'), /SKILL\.md:3:1 input: no JSON Schema: /],
    ['a tool like an option', skill('allowed-tools: --all\n'), /:3:1 allowed-tools\[0\]: "--all" is no tool/],
    ['tools of a command', skill('command: [ls]\nallowed-tools: Read\n'), /allowed-tools: goes with no command/],
    ['a name with a slash', skill('name: mcp:a/b\n'), /:3:1 name: a name has/],
    ['too many bytes', skill() + 'x'.repeat(LIMITS.agentFileBytes), /larger than/],
    ['no UTF-8', Buffer.from([0xff, 0xfe]), /not UTF-8/],
  ])('%s', async (_, text, message) => {
    const { problems, skills } = await read({}, { '.claude/skills/one/SKILL.md': text });
    expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    expect(problems[0]?.message).toContain('/.claude/skills/one/SKILL.md');
    expect(skills.map(({ name }) => name)).toEqual([...OWN].sort());
  });

  it('a link out of the workspace', async () => {
    const outside = folderWith({ 'SKILL.md': skill() });
    const workspace = folderWith({ '.claude/skills/x': '' });
    symlinkSync(outside, join(workspace, '.claude/skills/out'));
    const { problems } = await readSkills({ home: folderWith(), workspace });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/a link that leads out/)]);
  });
});

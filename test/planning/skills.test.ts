import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/contract/limits.js';
import type { Action } from '../../src/contract/plan.js';
import type { SkillDefinition } from '../../src/contract/skill.js';
import { pathText, resolveSkills } from '../../src/planning/skills.js';
import { draftOf } from './drafts.js';

const skill = (name: string, more: Partial<SkillDefinition> = {}): SkillDefinition => ({
  v: 1,
  name,
  description: `What ${name} is for.`,
  source: 'workspace',
  work: { kind: 'agent', instructions: 'First this, then that.', tools: ['Read'] },
  input: { type: 'object' },
  output: null,
  effect: 'writes',
  timeLimitMs: null,
  path: `/repo/.claude/skills/${name}/SKILL.md`,
  ...more,
});
const resolve = (action: Partial<Action & { kind: 'skill' }>, skills = [skill('notes')], flaws: unknown[] = []) =>
  resolveSkills(draftOf([{ id: 'a', action: { kind: 'skill', name: 'notes', with: {}, ...action } }]), {
    skills,
    check: () => flaws as never,
  }).tasks[0];

describe('a skill in a plan', () => {
  it('whose instructions are for an agent becomes a task of an agent, with its input, its instructions and its folder', () => {
    const task = resolve({ with: { depth: 3 }, agent: 'tester', mode: 'ask' });
    const action = task?.action as Action & { kind: 'agent' };
    expect(action).toMatchObject({
      kind: 'agent',
      agent: 'tester',
      mode: 'ask',
      effect: 'optional',
      skill: { name: 'notes', about: 'What notes is for.', tools: ['Read'], output: null },
    });
    for (const part of ['What notes is for.', '"depth": 3', 'First this, then that.', ' .claude/skills/notes of the'])
      expect(action.prompt).toContain(part);
    expect(action.prompt).not.toContain('JSON Schema');
  });

  it('that says what it gives asks for an answer of that schema', () => {
    const output = { type: 'object', required: ['count'] };
    const user = { source: 'user' as const, path: '/home/.baton/skills/notes/SKILL.md' };
    const { action } = resolve({}, [skill('notes', { output, ...user })]) ?? {};
    expect(action).toMatchObject({ skill: { output } });
    const { prompt } = action as { prompt: string };
    expect(prompt).toMatch(/one JSON document[^]*"count"/);
    expect(prompt).toContain('stand in /home/.baton/skills/notes.');
  });

  it('that names a command becomes its program, within the skill’s time limit unless the task has its own', () => {
    const own = skill('notes', { work: { kind: 'program', argv: ['node', 'x.mjs'] }, timeLimitMs: 5000 });
    expect(resolve({ with: { a: 1 } }, [own])).toMatchObject({
      timeLimitMs: 5000,
      action: { kind: 'program', skill: 'notes', argv: ['node', 'x.mjs'], with: { a: 1 }, source: 'workspace' },
    });
    expect(() => resolve({ mode: 'ask' }, [own])).toThrow('tasks[0].mode: the skill notes is not carried out');
  });

  it('that there is not, or whose input does not fit, is refused with the path to it', () => {
    expect(() => resolve({ name: 'note' })).toThrow(
      'tasks[0].skill: there is no skill "note"; the skills are notes; did you mean "notes"?',
    );
    const flaws = [{ path: ['files', 0, 'a b'], message: 'missing' }];
    expect(() => resolve({}, [skill('notes')], flaws)).toThrow('tasks[0].with.files[0]["a b"]: missing');
    expect(pathText([])).toBe('');
  });

  it('that is a tool of a server becomes a call of it; of a server that is broken the plan says why', () => {
    const tool = skill('mcp:files/read', { source: 'mcp', work: { kind: 'tool', server: 'files', tool: 'read' } });
    const named = { name: 'mcp:files/read', with: { path: 'a' } };
    expect(resolve({ ...named, mode: 'ask' }, [tool])?.action).toEqual({
      kind: 'tool',
      server: 'files',
      tool: 'read',
      with: { path: 'a' },
      output: null,
      mode: 'ask',
    });
    expect(() => resolve({ ...named, agent: 'tester' }, [tool])).toThrow('tasks[0].agent: the skill mcp:files/read');
    const draft = draftOf([{ id: 'a', action: { kind: 'skill', ...named } }]);
    const book = { skills: [], check: () => [], broken: new Map([['files', 'mcp:files: it ended']]) };
    expect(() => resolveSkills(draft, book)).toThrow('tasks[0].skill: mcp:files: it ended');
  });

  it('is refused where all instructions of a plan together are too much', () => {
    const long = skill('notes', {
      work: { kind: 'agent', tools: null, instructions: 'x'.repeat(LIMITS.skillPromptsBytes / 4) },
    });
    const tasks = ['a', 'b', 'c', 'd'].map((id) => ({
      id,
      action: { kind: 'skill', name: 'notes', with: {} } as const,
    }));
    const book = { skills: [long], check: () => [] };
    expect(() => resolveSkills(draftOf(tasks), book)).toThrow(/instructions of their skills have/);
    expect(resolveSkills(draftOf(tasks.slice(0, 3)), book).tasks).toHaveLength(3);
  });
});

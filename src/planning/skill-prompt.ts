import type { Json } from '../contract/json.js';
import type { SkillDefinition } from '../contract/skill.js';

/** What an agent is asked that is to carry out a skill: what it is for, its input, where its other files stand, and its instructions. */
export function skillPrompt(
  { name, description, output, path, source }: SkillDefinition,
  { instructions, input }: { instructions: string; input: Record<string, Json> },
): string {
  const parts = [
    `Carry out the skill "${name}": ${description.trim()}`,
    ...(Object.keys(input).length === 0 ? [] : [`# Input\n\n\`\`\`json\n${JSON.stringify(input, null, 2)}\n\`\`\``]),
    `# Instructions\n\n${WHERE[source === 'workspace' ? 'workspace' : 'user'](folderOf(path))}\n\n${instructions}`,
    ...(output === null ? [] : [answerPart(output)]),
  ];
  return parts.join('\n\n');
}

const WHERE = {
  workspace: (folder: string) =>
    `The other files of this skill stand in ${folder.slice(Math.max(0, folder.lastIndexOf('/.claude/') + 1))} of the repository.`,
  user: (folder: string) => `The other files of this skill stand in ${folder}.`,
};

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const answerPart = (output: NonNullable<SkillDefinition['output']>): string =>
  `# Your answer\n\nEnd with an answer that is one JSON document and nothing else. It has to fit this JSON Schema:\n\n\`\`\`json\n${JSON.stringify(output, null, 2)}\n\`\`\``;
